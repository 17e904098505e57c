using System.CommandLine;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdP.Recovery.Console;

namespace IdentityProvider.CommandLine;

internal static class ClientsCommand
{
    // As of a password that is the only factor.
    private const int FewestCharacters = 15;
    private const int MostCharacters = 128;

    // As of Clients:SecretOverlap.
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    public static Command Create() =>
        new("clients", "The applications that people sign in to.") { ApplyCommand(), CheckCommand(), SecretCommand() };

    private static Command ApplyCommand()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A file of the form of clients.schema.json." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show what would change, and change nothing." };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "apply",
            """
            Make clients and scopes as the file declares them, and remove the others. A confidential client that is new
            and brings no key gets a secret, which is shown this once.

            Example: IdentityProvider clients apply clients.json --dry-run
            """
        )
        {
            file,
            dryRun,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var declaration = await ClientsFile.LoadAsync(
                            parsed.GetRequiredValue(file).FullName,
                            cancelled
                        );
                        var apply = services.GetRequiredService<ApplyClients>();
                        var plan = await apply.PlanAsync(declaration, cancelled);
                        var asJson = parsed.GetValue(json);
                        foreach (var change in plan)
                        {
                            // Before it is done, so that it is known what was meant when something fails.
                            (asJson ? Console.Error : Console.Out).WriteLine(change);
                        }

                        IReadOnlyList<GeneratedSecret> secrets = parsed.GetValue(dryRun)
                            ? []
                            : await apply.RunAsync(declaration, plan, CommandHost.Actor, cancelled);
                        Show(plan, secrets, asJson);
                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static void Show(IReadOnlyList<ClientChange> plan, IReadOnlyList<GeneratedSecret> secrets, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                new
                {
                    plan = plan.Select(c => new
                    {
                        change = c.Kind.ToString().ToLowerInvariant(),
                        subject = c.Subject,
                        id = c.Id,
                        differences = c.Differences,
                    }),
                    secrets = secrets.Select(s => new { clientId = s.ClientId, secret = s.Secret }),
                }
            );
            return;
        }

        foreach (var secret in secrets)
        {
            Console.Out.WriteLine($"secret    client {secret.ClientId}: {secret.Secret}");
        }
    }

    private static Command CheckCommand()
    {
        var client = new Argument<string>("CLIENT_ID") { Description = "Which client." };
        var fromInput = new Option<bool>("--stdin")
        {
            Description = "Read its secret from the first line of standard input, and try it.",
        };
        var key = new Option<FileInfo?>("--key") { Description = "Try its private key, from a PEM file." };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "check",
            """
            Try a declared client as its application would, at the host that runs at Origin: discovery, its redirect
            addresses with its scopes and PKCE, its secret or key, and whether its logout addresses answer.

            Examples:
              IdentityProvider clients check shop
              IdentityProvider clients check shop --stdin < secret.txt
            """
        )
        {
            client,
            fromInput,
            key,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var id = parsed.GetRequiredValue(client);
                        var registry = services.GetRequiredService<ClientRegistry>();
                        await registry.ReloadAsync(services.GetRequiredService<IdpDbContext>(), cancelled);
                        var row =
                            registry.FindByClientId(id) ?? throw new CommandFailure($"No client has the id '{id}'.");
                        var proofs = new ClientProofs(
                            parsed.GetValue(fromInput) ? await UsersCommand.ReadSecretAsync(cancelled) : null,
                            parsed.GetValue(key) is { } file ? await ReadKeyAsync(file, cancelled) : null
                        );
                        var findings = await services
                            .GetRequiredService<CheckClient>()
                            .RunAsync(row, proofs, cancelled);
                        Show(findings, parsed.GetValue(json));
                        return findings.Any(f => f.Kind == ClientFindingKind.Wrong) ? ExitCodes.Failed : ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static async Task<string> ReadKeyAsync(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file.FullName, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"The key cannot be read: {exception.Message}");
        }
    }

    private static void Show(IReadOnlyList<ClientFinding> findings, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                findings.Select(f => new
                {
                    finding = f.Kind.ToString().ToLowerInvariant(),
                    subject = f.Subject,
                    text = f.Text,
                })
            );
            return;
        }

        foreach (var finding in findings)
        {
            Console.Out.WriteLine(
                $"{finding.Kind.ToString().ToLowerInvariant(), -6} {finding.Subject}: {finding.Text}"
            );
        }
    }

    private static Command SecretCommand()
    {
        var client = new Argument<string>("CLIENT_ID") { Description = "Whose secret." };
        var fromInput = new Option<bool>("--stdin")
        {
            Description = "Read the secret from the first line of standard input.",
        };
        var generate = new Option<bool>("--generate") { Description = "Make one of 256 bits, and print it this once." };
        var overlap = new Option<TimeSpan>("--overlap")
        {
            Description =
                "How long the old secret is taken beside the new one, 0 to 30 days, such as 2.00:00:00 for two days. Default 0.",
        };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "secret",
            """
            Replace the secret of a confidential client. Without --overlap the old one stops working within two seconds.

            Examples:
              IdentityProvider clients secret shop --generate
              IdentityProvider clients secret shop --stdin < secret.txt
            """
        )
        {
            client,
            fromInput,
            generate,
            overlap,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(fromInput) == result.GetValue(generate))
            {
                result.AddError("Give either --stdin or --generate.");
            }

            if (result.GetValue(overlap) is var time && (time < TimeSpan.Zero || time > LongestOverlap))
            {
                result.AddError($"--overlap must be from 0 to 30 days, but was {time}.");
            }
        });
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var id = parsed.GetRequiredValue(client);
                        var secret = parsed.GetValue(generate)
                            ? ClientSecrets.Generate()
                            : Accept(await UsersCommand.ReadSecretAsync(cancelled));
                        await ReplaceSecretAsync(services, id, secret, parsed.GetValue(overlap), cancelled);
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(
                                new { clientId = id, secret = parsed.GetValue(generate) ? secret : null }
                            );
                        }
                        else
                        {
                            Console.Out.WriteLine(parsed.GetValue(generate) ? secret : $"The secret of {id} is set.");
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    // Whoever holds the hash in place of the secret has nothing that a client could send.
    private static string Accept(string secret) =>
        ClientSecrets.IsSha256(secret)
            ? throw new CommandFailure("That is the hash of a secret: declare it as secretHash in the clients file.")
        : secret.Length is < FewestCharacters or > MostCharacters
            ? throw new CommandFailure(
                $"A secret must have {FewestCharacters} to {MostCharacters} characters, but had {secret.Length}."
            )
        : secret;

    private static async Task ReplaceSecretAsync(
        IServiceProvider services,
        string clientId,
        string secret,
        TimeSpan overlap,
        CancellationToken cancellationToken
    )
    {
        if (
            await services
                .GetRequiredService<RotateClientSecret>()
                .ReplaceAsync(clientId, secret, overlap, Actor.CommandLine, cancellationToken)
            is not RotatedSecret.Done
        )
        {
            throw new CommandFailure(
                $"No client with the id '{clientId}' has a secret: it is not there, is public, or proves itself by a key."
            );
        }
    }
}
