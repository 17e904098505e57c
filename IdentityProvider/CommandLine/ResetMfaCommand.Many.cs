using System.CommandLine;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;

namespace IdentityProvider.CommandLine;

/// <summary>Several people: what would be done, the job, and waiting for it.</summary>
internal static partial class ResetMfaCommand
{
    private static async Task PreviewAsync(
        IServiceProvider services,
        List<RecoverableAccount> people,
        MfaResetOrder order,
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        var ids = people.Select(p => p.Id).Distinct().ToList();
        Check(services.GetRequiredService<ResetMfaOfMany>().WhyNot(ids.Count, order.Period, parsed.GetValue(Spread)));
        var would = await services
            .GetRequiredService<PreviewMfaReset>()
            .RunAsync(Actor.CommandLine, ids, order.Period, parsed.GetValue(Spread), cancellationToken);
        if (parsed.GetValue(Json))
        {
            CommandHost.WriteJson(
                new
                {
                    total = would.Total,
                    withMfa = would.WithMfa,
                    possible = would.Possible,
                    asked = would.Asked,
                    needApproval = would.NeedApproval,
                    cannot = would.Refused.Select(r => new { reason = Word(r.Key), people = r.Value }),
                    refused = would.RefusedPeople.Select(r => new { reason = Word(r.Reason), email = r.Email }),
                    deadlines = would.Deadlines.Select(d => new { day = d.Key, people = d.Value }),
                }
            );
            return;
        }

        Console.Out.WriteLine($"{would.WithMfa} of {would.Total} have MFA, {would.Possible} would be reset.");
        Console.Out.WriteLine($"{would.Asked} would be asked to enroll, {would.NeedApproval} need an approval first.");
        foreach (var (reason, number) in would.Refused)
        {
            var named = would.RefusedPeople.Where(r => r.Reason == reason).Select(r => r.Email).ToList();
            var more = number > named.Count ? $" and {number - named.Count} more" : "";
            Console.Out.WriteLine($"Not {string.Join(", ", named)}{more}: {Word(reason)}.");
        }

        foreach (var (day, number) in would.Deadlines)
        {
            Console.Out.WriteLine($"{day:O}  {number} must have enrolled");
        }

        Console.Out.WriteLine("Nothing was changed.");
    }

    private static void Check(StartedBatch? answer)
    {
        switch (answer)
        {
            case StartedBatch.WrongNumber { Max: var max }:
                throw new CommandFailure($"At most {max} people are reset at once.");
            case StartedBatch.SpreadTooLong:
                throw new CommandFailure("--spread-days: the longest period must not be longer than 365 days.");
            default:
                break;
        }
    }

    private static string Word(MfaResetRefusal reason) =>
        reason switch
        {
            MfaResetRefusal.LastAdministrator => "the last administrator who could sign in",
            MfaResetRefusal.Oneself => "oneself",
            MfaResetRefusal.NotAllowed => "not allowed",
            MfaResetRefusal.Gone => "gone",
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        };

    private static async Task<int> ResetManyAsync(
        IServiceProvider services,
        List<RecoverableAccount> people,
        MfaResetOrder order,
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        var answer = await services
            .GetRequiredService<ResetMfaOfMany>()
            .StartAsync(
                Actor.CommandLine,
                people.Select(p => p.Id),
                order,
                parsed.GetValue(Spread),
                Requester.None,
                cancellationToken
            );
        Check(answer);
        var started = (StartedBatch.Started)answer;
        if (parsed.GetValue(Wait))
        {
            return await WaitAsync(services, started, parsed, cancellationToken);
        }

        if (parsed.GetValue(Json))
        {
            CommandHost.WriteJson(new { jobId = started.BatchId, total = started.Total });
            return ExitCodes.Done;
        }

        Console.Out.WriteLine($"Job {started.BatchId} resets the MFA of {started.Total} people once a server runs.");
        return ExitCodes.Done;
    }

    // The job is the server's: whoever stops waiting stops nothing.
    private static async Task<int> WaitAsync(
        IServiceProvider services,
        StartedBatch.Started started,
        ParseResult parsed,
        CancellationToken cancellationToken
    )
    {
        Console.Error.WriteLine($"Job {started.BatchId}: {started.Total} people, once a server runs.");
        var many = services.GetRequiredService<ResetMfaOfMany>();
        var time = services.GetRequiredService<TimeProvider>();
        var ended = await ProgressBar.RunAsync(
            "Resetting MFA",
            async progress =>
            {
                while (true)
                {
                    var stands = (await many.FindAsync(started.BatchId, cancellationToken))!;
                    progress.Report((double)stands.Done / started.Total);
                    if (stands.Batch.EndedAt is not null || stands.Batch.StoppedAt is not null)
                    {
                        return stands;
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
                }
            }
        );
        var outcomes = ended.Outcomes.ToDictionary(o => o.Key.ToString(), o => o.Value);
        var reset = ended.Outcomes.GetValueOrDefault(MfaResetOutcome.Reset);
        if (parsed.GetValue(Json))
        {
            CommandHost.WriteJson(
                new
                {
                    jobId = started.BatchId,
                    total = started.Total,
                    outcomes,
                }
            );
        }
        else
        {
            Console.Out.WriteLine(
                ended.Batch.StoppedAt is null
                    ? $"{reset} of {started.Total} were reset."
                    : $"Somebody has stopped it: {reset} of {started.Total} were reset. It can be resumed in the console."
            );
            foreach (var (outcome, number) in outcomes.Where(o => o.Key != nameof(MfaResetOutcome.Reset)))
            {
                Console.Out.WriteLine($"  {outcome}: {number}");
            }
        }

        var waiting = ended.Outcomes.GetValueOrDefault(MfaResetOutcome.WaitsForApproval);
        return reset + waiting == started.Total ? ExitCodes.Done : ExitCodes.Failed;
    }
}
