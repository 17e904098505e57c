using System.CommandLine;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.Totp;

namespace IdentityProvider.CommandLine;

internal static class ListFactorsCommand
{
    public static Command Create()
    {
        var email = UsersCommand.NewEmailOption();
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "factors",
            """
            List the second factors of a person: authenticator apps, passkeys and how many recovery codes are left.

            Example: IdentityProvider users factors --email grace@example.org
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
                        var account = await UsersCommand.FindAsync(services, parsed.GetValue(email), cancelled);
                        var totp = services.GetRequiredService<ManageTotp>();
                        var apps = await totp.ListAsync(account.Id, cancelled);
                        var passkeys = await services
                            .GetRequiredService<ListPasskeys>()
                            .RunAsync(account.Id, cancelled);
                        List<Factor> factors =
                        [
                            .. apps.Select(a => new Factor(
                                "totp",
                                a.Name,
                                a.CreatedAt,
                                a.LastUsedAt,
                                totp.IsReadable(a)
                            )),
                            .. passkeys.Select(p => new Factor(
                                "passkey",
                                p.Name,
                                p.CreatedAt,
                                p.LastUsedAt,
                                Readable: true
                            )),
                        ];
                        var (codes, elsewhere) = (account.Factors.RecoveryCodes, account.Factors.Elsewhere);
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(
                                new
                                {
                                    factors,
                                    recoveryCodes = codes,
                                    elsewhere,
                                }
                            );
                            return ExitCodes.Done;
                        }

                        foreach (var factor in factors)
                        {
                            var used = factor.LastUsedAt is { } at ? $", last used {at:u}" : "";
                            Console.Out.WriteLine(
                                $"{factor.Kind} '{factor.Name}', added {factor.AddedAt:u}{used}{(factor.Readable ? "" : ", its key cannot be read")}"
                            );
                        }

                        Console.Out.WriteLine($"{codes} recovery codes are left.");
                        if (elsewhere)
                        {
                            Console.Out.WriteLine("ASP.NET Core Identity asks for a second factor.");
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private sealed record Factor(
        string Kind,
        string Name,
        DateTimeOffset AddedAt,
        DateTimeOffset? LastUsedAt,
        bool Readable
    );
}
