using System.CommandLine;
using IdP.Recovery;
using IdP.Recovery.Endpoints;

namespace IdentityProvider.CommandLine;

internal static class EndpointsCommand
{
    public static Command Create() =>
        new("endpoints", "The services that follow what happens to credentials.")
        {
            ListCommand(),
            TestCommand(),
            RetryCommand(),
        };

    private static Argument<string> NewNameArgument() => new("name") { Description = "The endpoint's name." };

    private static Command ListCommand()
    {
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "list",
            """
            List the endpoints: how each is, what waits for it, and what did not reach it.

            Example: IdentityProvider endpoints list --json
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
                        var all = await services.GetRequiredService<ReadReceipts>().HealthAsync(cancelled);
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(
                                all.Select(e => new
                                {
                                    name = e.Endpoint.Name,
                                    kind = e.Endpoint.Kind,
                                    condition = Word(e.Condition),
                                    pending = e.Pending,
                                    waitsForSignIn = e.WaitsForSignIn,
                                    failed = e.Failed,
                                    lastSuccess = e.Endpoint.SucceededAt,
                                    lastFailure = e.Endpoint.FailedAt,
                                    flaw = e.Endpoint.Flaw is { } flaw ? Word(flaw) : null,
                                    detail = e.Endpoint.Detail,
                                })
                            );
                            return ExitCodes.Done;
                        }

                        foreach (var e in all)
                        {
                            var why = e is { Condition: EndpointCondition.Failing, Endpoint.Flaw: { } flaw }
                                ? $" ({Describe(flaw, e.Endpoint.Detail)})"
                                : "";
                            Console.Out.WriteLine(
                                $"{e.Endpoint.Name} [{e.Endpoint.Kind}]: {Word(e.Condition)}{why}, {e.Pending} on their way, {e.WaitsForSignIn} wait for a sign-in, {e.Failed} failed"
                            );
                        }

                        if (all.Count == 0)
                        {
                            Console.Out.WriteLine("There are no endpoints.");
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Command TestCommand()
    {
        var name = NewNameArgument();
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "test",
            """
            Try whether an endpoint answers and takes our credentials. Nothing is changed there. Ends with 1 if it does not.

            Example: IdentityProvider endpoints test "Directory of Berlin"
            """
        )
        {
            name,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var manage = services.GetRequiredService<ManageEndpoints>();
                        var endpoint = await FindAsync(manage, parsed.GetValue(name)!, cancelled);
                        var outcome =
                            await manage.TestAsync(IdP.Recovery.Console.Actor.CommandLine, endpoint.Id, cancelled)
                            ?? throw new CommandFailure("There is nothing that an endpoint of that kind would answer.");
                        var (flaw, detail) = FlawOf(outcome);
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(
                                new
                                {
                                    answers = flaw is null,
                                    flaw = flaw is { } why ? Word(why) : null,
                                    detail,
                                }
                            );
                        }
                        else
                        {
                            Console.Out.WriteLine(
                                flaw is { } why
                                    ? $"{endpoint.Name} does not take it: {Describe(why, detail)}."
                                    : $"{endpoint.Name} answers."
                            );
                        }

                        return flaw is null ? ExitCodes.Done : ExitCodes.Failed;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Command RetryCommand()
    {
        var name = NewNameArgument();
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "retry",
            """
            Send again what did not reach an endpoint, a thousand at a time. A new password that is not kept any more waits
            for its person's next sign-in.

            Example: IdentityProvider endpoints retry "Directory of Berlin"
            """
        )
        {
            name,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var endpoint = await FindAsync(
                            services.GetRequiredService<ManageEndpoints>(),
                            parsed.GetValue(name)!,
                            cancelled
                        );
                        var count = await services
                            .GetRequiredService<RetryDeliveries>()
                            .RunAsync(
                                IdP.Recovery.Console.Actor.CommandLine,
                                endpoint.Id,
                                receiptId: null,
                                Requester.None,
                                cancelled
                            );
                        if (parsed.GetValue(json))
                        {
                            CommandHost.WriteJson(new { retried = count });
                        }
                        else
                        {
                            Console.Out.WriteLine(
                                $"{count} are tried again{(endpoint.PausedAt is null ? "" : " once the endpoint goes on")}."
                            );
                        }

                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static async Task<ServiceEndpoint> FindAsync(
        ManageEndpoints manage,
        string name,
        CancellationToken cancellationToken
    ) => await manage.FindAsync(name, cancellationToken) ?? throw new CommandFailure("No endpoint has that name.");

    private static (DeliveryFlaw? Flaw, string? Detail) FlawOf(DeliveryOutcome outcome) =>
        outcome switch
        {
            DeliveryOutcome.Refused refused => (refused.Flaw, refused.Detail),
            DeliveryOutcome.NotYet notYet => (notYet.Flaw, notYet.Detail),
            _ => (null, null),
        };

    private static string Describe(DeliveryFlaw flaw, string? detail) =>
        detail is null ? Word(flaw) : $"{Word(flaw)}, {detail}";

    // Such as 'password-policy'.
    private static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
