using System.Globalization;
using System.Text.Json;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;

namespace IdentityProvider.Api;

/// <summary>Which jobs there are, and what came of each user.</summary>
internal static class JobReports
{
    public static async Task<IResult> ListAsync(HttpContext http, ResetMfaOfMany many)
    {
        if (!ApiGate.CallerOf(http).May(ConsoleAction.ResetMfa))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        if (ApiQuery.Unknown(http) is { Length: > 0 } errors)
        {
            return ApiProblem.InvalidRequest.Answer(errors);
        }

        var jobs = await many.ListAsync(http.RequestAborted);
        return ApiAnswer.Ok(
            new JobList([
                .. jobs.Select(b => new JobSummary(b.Id, State(b), b.Total, b.ActorId, b.StartedAt, b.EndedAt)),
            ])
        );
    }

    public static async Task<IResult> ReportAsync(
        HttpContext http,
        ResetMfaOfMany many,
        ApiCursors cursors,
        string id,
        string? cursor,
        string? limit
    )
    {
        if (!ApiGate.CallerOf(http).May(ConsoleAction.ResetMfa))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        ApiError[] errors = ApiQuery.Unknown(http, "cursor", "limit");
        if (ApiQuery.Limit(limit) is not { } take)
        {
            return ApiProblem.InvalidRequest.Answer([.. errors, ApiQuery.LimitError]);
        }

        if (errors.Length > 0)
        {
            return ApiProblem.InvalidRequest.Answer(errors);
        }

        if (!Guid.TryParse(id, out var job) || await many.FindAsync(job, http.RequestAborted) is null)
        {
            return ApiProblem.NotFound.Answer();
        }

        var list = $"jobs/{job}/report";
        var from = 0;
        if (
            cursor is not null
            && !int.TryParse(cursors.Read(list, cursor), NumberStyles.None, CultureInfo.InvariantCulture, out from)
        )
        {
            return ApiProblem.InvalidCursor.Answer();
        }

        var found = await many.ReportAsync(job, from, take + 1, http.RequestAborted);
        return ApiAnswer.Ok(
            new JobReport(
                [
                    .. found
                        .Take(take)
                        .Select(t => new JobResult(
                            t.AccountId,
                            t.Outcome is { } outcome ? Name(outcome) : "waiting",
                            t.DoneAt,
                            t.EnrollUntil
                        )),
                ],
                found.Count > take ? cursors.Write(list, (from + take).ToString(CultureInfo.InvariantCulture)) : null
            )
        );
    }

    public static string State(MfaResetBatch batch) =>
        batch switch
        {
            { EndedAt: not null } => "ended",
            { StoppedAt: not null } => "stopped",
            _ => "running",
        };

    public static string Name(MfaResetOutcome outcome) => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());
}
