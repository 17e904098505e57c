using System.CommandLine;
using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;

namespace IdentityProvider.CommandLine;

internal static class UsersCommand
{
    public static Command Create() =>
        new("users", "People's accounts: make one, or many from a file.")
        {
            CreateCommand(),
            ImportUsersCommand.Create(),
            UnlockCommand(),
            ListUsersCommand.Create(),
            ListFactorsCommand.Create(),
            ResetMfaCommand.Create(),
        };

    public static Option<string> NewEmailOption() =>
        new("--email") { Description = "The account's address.", Required = true };

    public static Option<string?> NewNameOption() => new("--name") { Description = "The person's name." };

    /// <summary>Makes an account, or says why not.</summary>
    public static async Task<RecoverableAccount> CreateAsync(
        IServiceProvider services,
        NewAccount account,
        CancellationToken cancellationToken
    ) =>
        await services
            .GetRequiredService<CreateAccount>()
            .RunAsync(account, Actor.CommandLine, Requester.None, cancellationToken) switch
        {
            AccountCreation.Created created => created.Account,
            AccountCreation.Invalid invalid => throw new CommandFailure(
                string.Join(Environment.NewLine, invalid.Problems)
            ),
            AccountCreation.Exists => throw new CommandFailure("The address names an account already."),
            AccountCreation.PasswordRefused refused => throw new CommandFailure(Why(refused.Verdict)),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };

    private static Command CreateCommand()
    {
        var email = NewEmailOption();
        var name = NewNameOption();
        var fromInput = new Option<bool>("--password-stdin")
        {
            Description = "Read the password from the first line of standard input.",
        };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "create",
            """
            Make a person's account. Without a password, the link to choose one is mailed to the address.

            Examples:
              IdentityProvider users create --email grace@example.org --name "Grace Hopper"
              IdentityProvider users create --email svc@example.org --password-stdin < password.txt
            """
        )
        {
            email,
            name,
            fromInput,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var password = parsed.GetValue(fromInput) ? await ReadSecretAsync(cancelled) : null;
                        var account = await CreateAsync(
                            services,
                            new NewAccount(parsed.GetValue(email))
                            {
                                Name = parsed.GetValue(name),
                                Password = password,
                            },
                            cancelled
                        );
                        if (password is null)
                        {
                            await services
                                .GetRequiredService<IssuePasswordReset>()
                                .ByMailAsync(account, Actor.CommandLine, Requester.None, cancelled);
                        }

                        Show(account, mailed: password is null, parsed.GetValue(json));
                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Command UnlockCommand()
    {
        var email = NewEmailOption();
        var reason = new Option<string?>("--reason") { Description = "Why; kept in the audit." };
        var reopen = new Option<bool>("--reopen")
        {
            Description = "Also when its owner has said 'this was not me': the present password signs in again.",
        };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "unlock",
            """
            Unlock an account that repeated failures have locked. The password stays as it is.

            Example: IdentityProvider users unlock --email grace@example.org --reason "Called from her desk"
            """
        )
        {
            email,
            reason,
            reopen,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var account = await FindAsync(services, parsed.GetValue(email), cancelled);

                        if (account.ClosedUntilReset && !parsed.GetValue(reopen))
                        {
                            throw new CommandFailure(
                                "Its owner has closed this account: a new password opens it, or --reopen with a --reason."
                            );
                        }

                        if (account.ClosedUntilReset)
                        {
                            var opened = await services
                                .GetRequiredService<UnlockAccount>()
                                .ReopenAsync(
                                    Actor.CommandLine,
                                    account.Id,
                                    CleanReason(parsed.GetValue(reason)),
                                    Requester.None,
                                    cancelled
                                );
                            if (parsed.GetValue(json))
                            {
                                CommandHost.WriteJson(new { id = account.Id, unlocked = opened });
                            }
                            else
                            {
                                Console.Out.WriteLine(
                                    opened ? $"Opened {account.Email}." : $"{account.Email} was not closed any more."
                                );
                            }

                            return ExitCodes.Done;
                        }

                        var (unlocked, resetRequired) = await services
                            .GetRequiredService<UnlockAccount>()
                            .ByAdministratorAsync(
                                Actor.CommandLine,
                                account.Id,
                                parsed.GetValue(reason) is { } why ? CleanReason(why) : null,
                                Requester.None,
                                cancelled
                            );
                        if (resetRequired)
                        {
                            var lifted = unlocked ? "The lock is lifted. " : "";
                            throw new CommandFailure(
                                $"{lifted}Only a new password signs in: the present one has failed too often, or its owner has closed the account."
                            );
                        }

                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(new { id = account.Id, unlocked });
                        }
                        else
                        {
                            Console.Out.WriteLine(
                                unlocked ? $"Unlocked {account.Email}." : $"{account.Email} was not locked."
                            );
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    /// <summary>A reason as the audit keeps it.</summary>
    public static string CleanReason(string? reason) =>
        MfaResetOrder.CleanWhy(reason)
        ?? throw new CommandFailure($"--reason must be one line of 1 to {MfaResetOrder.MaxWhy} characters.");

    /// <summary>The account of an address.</summary>
    public static async Task<RecoverableAccount> FindAsync(
        IServiceProvider services,
        string? email,
        CancellationToken cancellationToken
    ) =>
        EmailAddress.Normalize(email) is { } address
        && await services.GetRequiredService<IAccounts>().FindByAddressAsync(address, cancellationToken) is { } found
            ? found
            : throw new CommandFailure($"No account has the address {email}.");

    /// <summary>One line of standard input: a secret in an argument could be read by every process.</summary>
    public static async Task<string> ReadSecretAsync(CancellationToken cancellationToken) =>
        await Console.In.ReadLineAsync(cancellationToken) is { Length: > 0 } line
            ? line
            : throw new CommandFailure("Standard input holds no secret.");

    private static void Show(RecoverableAccount account, bool mailed, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                new
                {
                    id = account.Id,
                    email = account.Email,
                    mailed,
                }
            );
            return;
        }

        Console.Out.WriteLine($"Created {account.Email} ({account.Id}).");
        if (mailed)
        {
            Console.Error.WriteLine("A server that runs mails the link to choose a password.");
        }
    }

    private static string Why(PasswordVerdict verdict) =>
        verdict switch
        {
            PasswordVerdict.TooShort s => $"The password must have at least {s.Minimum} characters.",
            PasswordVerdict.TooLong l => $"The password must have at most {l.Maximum} characters.",
            PasswordVerdict.InvalidCharacters => "The password must be Unicode text without control characters.",
            PasswordVerdict.Common => "The password is one of those that are tried first.",
            PasswordVerdict.Predictable => "The password is a repetition or a sequence that is easily guessed.",
            PasswordVerdict.NamesService => "The password must be more than the name of this service.",
            PasswordVerdict.NamesOwner => "The password must be more than the person's name or address.",
            _ => "The password may not be used.",
        };
}
