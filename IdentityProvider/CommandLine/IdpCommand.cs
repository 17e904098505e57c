using System.CommandLine;
using IdentityProvider.Operations;

namespace IdentityProvider.CommandLine;

/// <summary>The executable: without a verb it serves, with one it does that and ends.</summary>
internal static class IdpCommand
{
    private const string Description = """
        An OpenID Connect identity provider. Without a command it serves; settings come from appsettings.json and the
        environment (Origin, Mail__Host, ConnectionStrings__Default ...), or as --Name=value while serving.

        Exit codes: 0 done, 1 failed, 2 wrong usage, 78 settings missing or wrong.

        Examples:
          IdentityProvider
          IdentityProvider migrate
          IdentityProvider admin create --email ada@example.org --name "Ada Lovelace"
          IdentityProvider admin recover --email ada@example.org
          IdentityProvider users create --email grace@example.org
          IdentityProvider users import people.csv --dry-run
          IdentityProvider clients apply clients.json --dry-run
          IdentityProvider endpoints list
          IdentityProvider keys rotate
          IdentityProvider audit verify
          IdentityProvider audit export --from 2026-03-01 --output march.csv
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            return IsServe(args) ? await ServeAsync(args) : await RunVerbAsync(args);
        }
        catch (Exception exception) when (SettingsProblems.ProblemsOf(exception) is { Count: > 0 } problems)
        {
            await Console.Error.WriteLineAsync(new SettingsException(problems).Message);
            return ExitCodes.Settings;
        }
    }

    private static bool IsServe(string[] args) =>
        args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("-h" or "-?" or "--help" or "--version");

    private static async Task<int> ServeAsync(string[] args)
    {
        await using var app = ProviderHost.Build(ProviderHost.CreateBuilder(args));
        SettingsProblems.Check(app.Services);
        try
        {
            await ProviderHost.PrepareAsync(app, app.Lifetime.ApplicationStopping);
        }
        catch (Exception exception)
            when (exception is Clients.ClientsFileException
                || Failures.StatusOf(exception) == StatusCodes.Status503ServiceUnavailable
            )
        {
            await Console.Error.WriteLineAsync(CommandFailure.Describe(exception));
            return ExitCodes.Failed;
        }

        await app.RunAsync();
        return ExitCodes.Done;
    }

    private static async Task<int> RunVerbAsync(string[] args)
    {
        var root = new RootCommand(Description)
        {
            MigrateCommand.Create(),
            AdminCommand.Create(),
            UsersCommand.Create(),
            ClientsCommand.Create(),
            EndpointsCommand.Create(),
            KeysCommand.Create(),
            AuditCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync(error.Message);
            }

            await Console.Error.WriteLineAsync("See --help.");
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped; nothing was kept.");
            return ExitCodes.Failed;
        }
        catch (Exception exception)
            when (SettingsProblems.ProblemsOf(exception).Count == 0 && CommandFailure.IsExpected(exception))
        {
            await Console.Error.WriteLineAsync(CommandFailure.Describe(exception));
            return ExitCodes.Failed;
        }
    }
}

internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>EX_CONFIG of sysexits.h.</summary>
    public const int Settings = 78;
}
