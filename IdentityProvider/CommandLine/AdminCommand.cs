using System.CommandLine;
using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;

namespace IdentityProvider.CommandLine;

internal static class AdminCommand
{
    public static Command Create() =>
        new("admin", "Administrators: make one, or let one back in.") { CreateCommand(), RecoverCommand() };

    private static Command CreateCommand()
    {
        var email = UsersCommand.NewEmailOption();
        var name = UsersCommand.NewNameOption();
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "create",
            """
            Make an administrator's account and print the one-time link with which its owner chooses a password.

            Example: IdentityProvider admin create --email ada@example.org --name "Ada Lovelace"
            """
        )
        {
            email,
            name,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var account = await UsersCommand.CreateAsync(
                            services,
                            new NewAccount(parsed.GetValue(email))
                            {
                                Name = parsed.GetValue(name),
                                Audience = Audience.Administrator,
                            },
                            cancelled
                        );
                        var link = await services
                            .GetRequiredService<IssuePasswordReset>()
                            .ToCallerAsync(account, PasswordResetPurpose.SetUp, CommandHost.Actor, cancelled);
                        Show(account, link, parsed.GetValue(json));
                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Command RecoverCommand()
    {
        var email = UsersCommand.NewEmailOption();
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "recover",
            """
            Break the glass: print a one-time link with which an administrator who is locked out chooses a new password.
            The link activates the account where it is suspended. The audit keeps it.

            Example: IdentityProvider admin recover --email ada@example.org
            """
        )
        {
            email,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var address = EmailAddress.Normalize(parsed.GetValue(email));
                        var account = address is null
                            ? null
                            : await services.GetRequiredService<IAccounts>().FindByAddressAsync(address, cancelled);
                        if (account is not { Audience: Audience.Administrator })
                        {
                            throw new CommandFailure("No administrator has this address.");
                        }

                        var link = await services
                            .GetRequiredService<IssuePasswordReset>()
                            .ToCallerAsync(account, PasswordResetPurpose.BreakGlass, CommandHost.Actor, cancelled);
                        if (account.Suspended)
                        {
                            Console.Error.WriteLine("The account is suspended; the link activates it.");
                        }

                        Show(account, link, parsed.GetValue(json));
                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static void Show(RecoverableAccount account, IssuedLink link, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                new
                {
                    id = account.Id,
                    email = account.Email,
                    link = link.Link,
                    expiresAt = link.ExpiresAt,
                }
            );
            return;
        }

        Console.Out.WriteLine(link.Link);
        Console.Error.WriteLine(
            $"This link works once, until {link.ExpiresAt:u}. Whoever has it sets the password of {account.Email}."
        );
    }
}
