using System.CommandLine;
using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;

namespace IdentityProvider.CommandLine;

internal static class AuditCommand
{
    public static Command Create() =>
        new("audit", "What happened: check that nobody has changed it, or take it out as a file.")
        {
            VerifyCommand(),
            ExportCommand(),
        };

    private static Command VerifyCommand()
    {
        var head = new Option<AuditMark?>("--head")
        {
            Description = "A head that an earlier verification printed: also find a tail that was cut off.",
            HelpName = "SEQUENCE:HASH",
            CustomParser = result =>
            {
                var mark = AuditMark.Parse(result.Tokens.Single().Value);
                if (mark is null)
                {
                    result.AddError("--head must be SEQUENCE:HASH as 'audit verify' prints it.");
                }

                return mark;
            },
        };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "verify",
            """
            Follow the chain of hashes over all events, and tell the first place that was changed, removed or moved. Prints
            the head: keep it where nobody who can write the database can change it. Exit code 1 when anything is wrong.

            Example: IdentityProvider audit verify --head "$(cat last-head)"
            """
        )
        {
            head,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var found = await services
                            .GetRequiredService<VerifyAudit>()
                            .RunAsync(parsed.GetValue(head), cancelled);
                        Show(found, parsed.GetValue(json));
                        return found.Holds ? ExitCodes.Done : ExitCodes.Failed;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Command ExportCommand()
    {
        var format = new Option<AuditFormat>("--format")
        {
            Description = "csv (default) or jsonl.",
            HelpName = "csv|jsonl",
            CustomParser = result =>
            {
                switch (result.Tokens.Single().Value)
                {
                    case "csv":
                        return AuditFormat.Csv;
                    case "jsonl":
                        return AuditFormat.JsonLines;
                    default:
                        result.AddError("--format must be csv or jsonl.");
                        return default;
                }
            },
        };
        var output = new Option<FileInfo?>("--output")
        {
            Description = "Write to this new file, not to standard output.",
        };
        var type = new Option<string?>("--type")
        {
            Description = "Only this type of event, or all that begin so: factor.",
        };
        var account = new Option<string?>("--account")
        {
            Description = "Only what happened to this account: its id or e-mail address.",
        };
        var actor = new Option<string?>("--actor")
        {
            Description = "Only what this account did: its id or e-mail address, or command-line.",
        };
        var from = NewTimeOption("--from", "Not earlier than this: 2026-03-14, or with a time.");
        var to = NewTimeOption("--to", "Earlier than this.");
        var text = new Option<string?>("--text") { Description = "Only with this in the reason." };
        var json = CommandHost.NewJsonOption();
        json.Description = "Write the events as JSON lines, as --format jsonl does.";
        var command = new Command(
            "export",
            """
            Write events as CSV or JSON lines, the oldest first. The audit keeps that this was done.

            Example: IdentityProvider audit export --from 2026-03-01 --type mfa --output march.csv
            """
        )
        {
            format,
            output,
            type,
            account,
            actor,
            from,
            to,
            text,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var filter = new AuditFilter
                        {
                            Type = parsed.GetValue(type),
                            AccountId = await IdOfAsync(services, parsed.GetValue(account), cancelled),
                            ActorId = await IdOfAsync(services, parsed.GetValue(actor), cancelled),
                            From = parsed.GetValue(from),
                            To = parsed.GetValue(to),
                            Text = parsed.GetValue(text),
                        };
                        await using var target = Open(parsed.GetValue(output));
                        var count = await services
                            .GetRequiredService<ExportAudit>()
                            .RunAsync(
                                filter,
                                parsed.GetValue(json) ? AuditFormat.JsonLines : parsed.GetValue(format),
                                target,
                                Actor.CommandLine,
                                Requester.None,
                                cancelled
                            );
                        await Console.Error.WriteLineAsync($"Exported {count} events.");
                        return ExitCodes.Done;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static Option<DateTimeOffset?> NewTimeOption(string name, string description) =>
        new(name)
        {
            Description = description + " In UTC unless it says otherwise.",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (
                    DateTimeOffset.TryParse(
                        result.Tokens.Single().Value,
                        CultureInfo.InvariantCulture,
                        DateTimeStyles.AssumeUniversal,
                        out var at
                    )
                )
                {
                    return at;
                }

                result.AddError($"{name} must be a time such as 2026-03-14 or 2026-03-14T09:00Z.");
                return null;
            },
        };

    private static async Task<string?> IdOfAsync(
        IServiceProvider services,
        string? given,
        CancellationToken cancellationToken
    )
    {
        if (given?.Contains('@', StringComparison.Ordinal) != true)
        {
            return given;
        }

        var address = EmailAddress.Normalize(given);
        var account = address is null
            ? null
            : await services.GetRequiredService<IAccounts>().FindByAddressAsync(address, cancellationToken);
        return account?.Id ?? throw new CommandFailure($"No account has the address {given}.");
    }

    // A file is private to who runs the command, and none is written over.
    private static Stream Open(FileInfo? file)
    {
        if (file is null)
        {
            return Console.OpenStandardOutput();
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(file.FullName, options);
    }

    private static void Show(AuditVerification found, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                new
                {
                    holds = found.Holds,
                    head = found.Head.ToString(),
                    anchor = found.Anchor.ToString(),
                    verified = found.Verified,
                    flaws = found.Flaws.Select(f => new
                    {
                        kind = Kind(f),
                        sequence = f.Place,
                        message = Describe(f),
                    }),
                }
            );
            return;
        }

        Console.Out.WriteLine($"Head: {found.Head}");
        Console.Out.WriteLine(
            found.Holds
                ? $"{found.Verified} events hold, from {found.Anchor.Sequence + 1} to {found.Head.Sequence}."
                : $"{found.Verified} events hold, then:"
        );
        foreach (var flaw in found.Flaws)
        {
            Console.Out.WriteLine(Describe(flaw));
        }
    }

    private static string Kind(AuditFlaw flaw) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(flaw.GetType().Name);

    private static string Describe(AuditFlaw flaw) =>
        flaw switch
        {
            AuditFlaw.Missing f => $"{f.Sequence}: the event or its seal is missing.",
            AuditFlaw.Changed f =>
                $"{f.Sequence}: event {f.EventId} is not what was sealed: it was changed, or the one before it was taken out.",
            AuditFlaw.Reordered f => $"{f.Sequence}: event {f.EventId} stands at another place than it was sealed at.",
            AuditFlaw.Beyond f => $"{f.Sequence}: the chain has a seal outside its ends.",
            AuditFlaw.CutOff f => $"{f.Sequence}: the chain ends before this place.",
            AuditFlaw.OtherHead f => $"{f.Sequence}: the chain has another hash here than the head says.",
            AuditFlaw.HeadTooOld f => $"{f.Sequence}: retention has removed this place; give a younger head.",
            AuditFlaw.NoHead => "The row that holds the ends of the chain is missing.",
            AuditFlaw.NotPruned f =>
                $"{f.Sequence}: what came before was removed, and no event says that retention did.",
            AuditFlaw.Added f => $"{f.Count} events stand outside the chain and wait for no seal, such as {f.EventId}.",
            AuditFlaw.Unsealed f =>
                $"{f.Count} events have waited for their seal since {f.Since:u}: does a server run?",
            AuditFlaw.LostUnsealed f => $"{f.Count} events were removed before they were sealed, such as {f.EventId}.",
            AuditFlaw.WaitsAgain f =>
                $"{f.Count} events are sealed and were put among those that wait for it, such as {f.EventId}.",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
