using System.Data.Common;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// Stops a start, in every environment, where the host lacks what a recovery needs: half of it would take requests and mail
/// nothing. One message names all that is missing.
/// </summary>
internal sealed partial class CheckHost<TContext>(
    IServiceCollection services,
    IServiceScopeFactory scopes,
    ILogger<CheckHost<TContext>> logger
) : IHostedLifecycleService
    where TContext : DbContext
{
    private static readonly string[] Databases = [AccountRecoveryModel.Sqlite, "Npgsql.EntityFrameworkCore.PostgreSQL"];

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var provider = scope.ServiceProvider;
        List<string> problems =
        [
            .. MissingPorts.Problems(services),
            .. provider.GetServices<ICheckedOptions>().SelectMany(options => options.Problems()),
            .. IdentityProblems(provider),
            .. await SessionProblemsAsync(provider),
            .. await DatabaseProblemsAsync(provider, cancellationToken),
        ];
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(
                "Account recovery cannot start:"
                    + string.Concat(problems.Select(problem => Environment.NewLine + "  - " + problem))
            );
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<string> IdentityProblems(IServiceProvider provider)
    {
        if (provider.GetService<ILookupNormalizer>()?.NormalizeEmail("a@B.c") != "A@B.C")
        {
            yield return $"the {nameof(ILookupNormalizer)} does not write addresses in capitals, by which accounts are found.";
        }
    }

    // What the pages call ended must end.
    private async Task<IReadOnlyList<string>> SessionProblemsAsync(IServiceProvider provider)
    {
        if (
            services.Last(s => s.ServiceType == typeof(IAccountSessions)).ImplementationType
                is not { IsGenericType: true } type
            || type.GetGenericTypeDefinition() != typeof(CookieSessions<,>)
        )
        {
            return [];
        }

        var problems = new List<string>();
        if (!provider.GetRequiredService<HostSignIn>().IsOfHost)
        {
            problems.Add($"this plugin begins sessions of another kind ({nameof(ISignedInSessions)})");
        }

        var schemes = provider.GetService<IAuthenticationSchemeProvider>();
        if (schemes is null || await schemes.GetSchemeAsync(IdentityConstants.ApplicationScheme) is null)
        {
            problems.Add($"there is no cookie {IdentityConstants.ApplicationScheme}");
        }
        else if (!IsReachable(provider))
        {
            problems.Add(
                $"the cookie {IdentityConstants.ApplicationScheme} has events that hide its ValidatePrincipal"
            );
        }

        if (schemes is not null && await schemes.GetSchemeAsync(IdentityConstants.BearerScheme) is not null)
        {
            problems.Add($"{IdentityConstants.BearerScheme} gives tokens that outlive a reset");
        }

        return problems.ConvertAll(why =>
            $"sessions cannot be ended by Identity's cookie alone, since {why}: register an {nameof(IAccountSessions)} that "
            + "ends them."
        );
    }

    private static bool IsReachable(IServiceProvider provider)
    {
        var cookie = provider
            .GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>()
            .Get(IdentityConstants.ApplicationScheme);
        return cookie.EventsType is null
            && cookie.Events.GetType().GetMethod(nameof(CookieAuthenticationEvents.ValidatePrincipal))?.DeclaringType
                == typeof(CookieAuthenticationEvents);
    }

    private async Task<IReadOnlyList<string>> DatabaseProblemsAsync(
        IServiceProvider provider,
        CancellationToken cancellationToken
    )
    {
        var context = provider.GetRequiredService<TContext>();
        if (!Databases.Contains(context.Database.ProviderName))
        {
            return [$"{context.Database.ProviderName} is not supported; SQLite and PostgreSQL are."];
        }

        var entities = context
            .Model.GetEntityTypes()
            .Where(t => t.ClrType.Assembly == typeof(OutboxEntry).Assembly && t.GetTableName() is not null)
            .ToList();
        if (entities.Count == 0)
        {
            return
            [
                $"{typeof(TContext).Name} has none of the plugin's tables: call builder.UseAccountRecovery(this) in its "
                    + "OnModelCreating, after base.OnModelCreating.",
            ];
        }

        if (context.Database.CreateExecutionStrategy().RetriesOnFailure)
        {
            return
            [
                $"{typeof(TContext).Name} runs what fails again (EnableRetryOnFailure), which transactions of a recovery "
                    + "cannot be: jobs are tried again by themselves.",
            ];
        }

        if (entities.Exists(e => e.GetSchema() is not null || e.GetProperties().Any(p => p.GetColumnName() != p.Name)))
        {
            return
            [
                "the plugin's tables or columns have other names than it has given them: a default schema or a naming "
                    + "convention must leave those out whose names begin with Recovery.",
            ];
        }

        try
        {
            await context.Database.OpenConnectionAsync(cancellationToken);
        }
        catch (DbException exception)
        {
            return [$"the database cannot be opened ({InItsOwnWords(exception)})."];
        }

        try
        {
            return await TableProblemsAsync(provider, context, entities, cancellationToken);
        }
        finally
        {
            // A context that goes back to its pool would keep it.
            await context.Database.CloseConnectionAsync();
        }
    }

    private async Task<IReadOnlyList<string>> TableProblemsAsync(
        IServiceProvider provider,
        TContext context,
        List<IEntityType> entities,
        CancellationToken cancellationToken
    )
    {
        if (await WhyNotReadAsync(context, entities, cancellationToken) is null)
        {
            await TellOfRolesAsync(provider, cancellationToken);
            return [];
        }

        var unread = new List<string>();
        foreach (var entity in entities)
        {
            if (await WhyNotReadAsync(context, [entity], cancellationToken) is { } why)
            {
                unread.Add($"{entity.GetTableName()} cannot be read as it should be ({why})");
            }
        }

        if (unread.Count > 0)
        {
            unread.Add(
                "for what is missing add a migration (dotnet ef migrations add AccountRecovery) and bring the database up to "
                    + "date (dotnet ef database update)"
            );
        }

        return unread;
    }

    // No fault: a role is made when it is first given. But a name that is wrong opens the console to nobody.
    private async Task TellOfRolesAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        List<string> named;
        try
        {
            named = [.. provider.GetRequiredService<RoleNames>().All.Except(ConsoleRoles.All)];
        }
        catch (OptionsValidationException)
        {
            // It is told among the settings.
            return;
        }

        var roles =
            named.Count == 0 ? [] : await provider.GetRequiredService<IRoleMembers>().RolesAsync(cancellationToken);
        foreach (var name in roles.Count == 0 ? [] : named.Except(roles))
        {
            LogNoRole(name);
        }
    }

    private static async Task<string?> WhyNotReadAsync(
        TContext context,
        IReadOnlyList<IEntityType> entities,
        CancellationToken cancellationToken
    )
    {
        var sql = context.GetService<ISqlGenerationHelper>();
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = string.Join(
            " UNION ALL ",
            entities.Select(e =>
                $"SELECT 1 FROM {sql.DelimitIdentifier(e.GetTableName()!)} WHERE 1 = 0 AND ("
                + string.Join(
                    " OR ",
                    e.GetProperties().Select(p => $"{sql.DelimitIdentifier(p.GetColumnName())} IS NULL")
                )
                + ")"
            )
        );
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (DbException exception)
        {
            return InItsOwnWords(exception);
        }
    }

    private static string InItsOwnWords(DbException exception) => exception.Message.ReplaceLineEndings(" ");

    [LoggerMessage(
        LogLevel.Warning,
        "AccountRecovery:Roles names {Role}, which is none of this host's roles: nobody has it"
    )]
    private partial void LogNoRole(string role);
}
