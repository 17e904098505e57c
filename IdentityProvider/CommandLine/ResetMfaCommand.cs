using System.CommandLine;
using IdentityProvider.Api;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using Microsoft.Extensions.Options;

namespace IdentityProvider.CommandLine;

internal static partial class ResetMfaCommand
{
    private static readonly Option<string[]> Emails = new("--email")
    {
        Description = "The account's address; several times for several people.",
    };

    private static readonly Option<FileInfo?> From = new("--file")
    {
        Description = "A file with an address on each line.",
    };

    private static readonly Option<string> Reason = new("--reason")
    {
        Description = "Why; kept in the audit.",
        Required = true,
    };

    private static readonly Option<bool> Exclusion = new("--exclusion")
    {
        Description = "Let sign-in work without a second factor for as long as the console offers.",
    };

    private static readonly Option<int?> Days = new("--exclusion-days", "--days")
    {
        Description = "For how many days: 1 to 365.",
    };

    private static readonly Option<DateOnly?> Until = new("--exclusion-until")
    {
        Description = "Or until which day in UTC, such as 2026-12-24.",
    };

    private static readonly Option<string[]> Factors = new("--factor")
    {
        Description = "What is removed: totp, passkeys, recovery-codes; all unless said.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Spread = new("--spread-days")
    {
        Description = "Over how many further days the ends of several people are spread.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would be done, and change nothing.",
    };

    private static readonly Option<bool> Wait = new("--wait")
    {
        Description =
            "Of several people: wait for the job, with a progress bar, and end with 1 where somebody was not reset.",
    };

    private static readonly Option<bool> Json = CommandHost.NewJsonOption();

    public static Command Create()
    {
        var command = new Command(
            "reset-mfa",
            """
            Remove second factors. The password stays; sessions end. Several people are done by a job, which a server runs.

            Examples:
              IdentityProvider users reset-mfa --email grace@example.org --reason "Lost phone" --exclusion-days 7
              IdentityProvider users reset-mfa --file people.txt --reason "New phones" --days 7 --spread-days 5 --dry-run
              IdentityProvider users reset-mfa --file people.txt --reason "New phones" --days 7 --spread-days 5 --wait
            """
        )
        {
            Emails,
            From,
            Reason,
            Exclusion,
            Days,
            Until,
            Factors,
            Spread,
            DryRun,
            Wait,
            Json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var people = await FindAsync(services, parsed, cancelled);
                        var order = Order(services, parsed);
                        if (parsed.GetValue(DryRun))
                        {
                            await PreviewAsync(services, people, order, parsed, cancelled);
                            return ExitCodes.Done;
                        }

                        if (people is [var only])
                        {
                            await ResetOneAsync(services, only, order, parsed, cancelled);
                            return ExitCodes.Done;
                        }

                        return await ResetManyAsync(services, people, order, parsed, cancelled);
                    },
                    cancelled
                )
        );
        return command;
    }

    private static async Task<List<RecoverableAccount>> FindAsync(
        IServiceProvider services,
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        var emails = (parsed.GetValue(Emails) ?? []).ToList();
        if (parsed.GetValue(From) is { } file)
        {
            if (!file.Exists)
            {
                throw new CommandFailure($"There is no file {file.FullName}.");
            }

            var lines = await File.ReadAllLinesAsync(file.FullName, cancellationToken);
            emails.AddRange(lines.Select(l => l.Trim()).Where(l => l.Length > 0));
        }

        if (emails.Count == 0)
        {
            throw new CommandFailure("Name somebody with --email or --file.");
        }

        var people = new List<RecoverableAccount>();
        foreach (var email in emails)
        {
            people.Add(await UsersCommand.FindAsync(services, email, cancellationToken));
        }

        return people;
    }

    // The same rules as the API's, told by the names of the options.
    private static MfaResetOrder Order(IServiceProvider services, ParseResult parsed)
    {
        var (days, until) = (parsed.GetValue(Days), parsed.GetValue(Until));
        var (order, errors) = MfaEndpoints.Order(
            new(UsersCommand.CleanReason(parsed.GetValue(Reason)))
            {
                Exclusion = parsed.GetValue(Exclusion) || days is not null || until is not null,
                ExclusionDays = days,
                ExclusionUntil = until,
                Factors = parsed.GetValue(Factors) is { Length: > 0 } named ? named : null,
            },
            DateOnly.FromDateTime(services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime),
            services.GetRequiredService<IOptions<EnrollmentOptions>>().Value.DefaultDays
        );
        return order
            ?? throw new CommandFailure(
                string.Join(Environment.NewLine, errors.Select(e => Named(e.Pointer, e.Detail)))
            );
    }

    private static string Named(string pointer, string detail) =>
        pointer switch
        {
            "/exclusionDays" => "--exclusion-days: ",
            "/exclusionUntil" => "--exclusion-until: ",
            _ => "--factor: ",
        } + detail;

    private static async Task ResetOneAsync(
        IServiceProvider services,
        RecoverableAccount account,
        MfaResetOrder order,
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        var (outcome, until) = await services
            .GetRequiredService<ResetMfa>()
            .RunAsync(Actor.CommandLine, account.Id, order, Requester.None, cancellationToken) switch
        {
            MfaResetResult.Done done => ("reset", done.EnrollUntil),
            MfaResetResult.WaitsForApproval => ("waitsForApproval", (DateTimeOffset?)null),
            MfaResetResult.Refused { Reason: MfaResetRefusal.LastAdministrator } => throw new CommandFailure(
                "It is the last administrator who could sign in."
            ),
            MfaResetResult.Refused => throw new CommandFailure("This account cannot be reset."),
            MfaResetResult.Changed => throw new CommandFailure(
                "The account was changed at the same moment; look again."
            ),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        if (parsed.GetValue(Json))
        {
            CommandHost.WriteJson(
                new
                {
                    id = account.Id,
                    outcome,
                    enrollUntil = until,
                }
            );
            return;
        }

        Console.Out.WriteLine(
            outcome == "reset"
                ? $"Reset the MFA of {account.Email}."
                : $"A second administrator must approve the reset of {account.Email}."
        );
    }
}
