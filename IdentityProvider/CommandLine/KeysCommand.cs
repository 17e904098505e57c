using System.CommandLine;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using IdP.Recovery.Audit;

namespace IdentityProvider.CommandLine;

internal static class KeysCommand
{
    public static Command Create() => new("keys", "The keys that sign and encrypt tokens.") { RotateCommand() };

    private static Command RotateCommand()
    {
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "rotate",
            """
            Make a new key of each algorithm now. It is published first, and signs after Keys:PublishBefore; the old one
            verifies until its tokens have died. Without this command keys rotate by themselves.

            Example: IdentityProvider keys rotate --json
            """
        )
        {
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var made = await RotateAsync(services, cancelled);
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(
                                made.Select(k => new
                                {
                                    id = k.Id,
                                    algorithm = k.Algorithm,
                                    activeFrom = k.ActiveFrom,
                                })
                            );
                            return ExitCodes.Done;
                        }

                        foreach (var key in made)
                        {
                            Console.Out.WriteLine($"{key.Algorithm} {key.Id} signs from {key.ActiveFrom:u}");
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Task<IReadOnlyList<SigningKey>> RotateAsync(
        IServiceProvider services,
        CancellationToken cancellationToken
    ) =>
        services
            .GetRequiredService<UnitOfWork>()
            .RunAsync(
                async inner =>
                {
                    var made = await services.GetRequiredService<RotateSigningKeys>().ForceAsync(inner);
                    foreach (var key in made)
                    {
                        services
                            .GetRequiredService<AuditLog>()
                            .Add(
                                AuditEventTypes.KeysRotated,
                                accountId: null,
                                Requester.None,
                                key.Id,
                                actorId: CommandHost.Actor
                            );
                    }

                    return made;
                },
                cancellationToken
            );
}
