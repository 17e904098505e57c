using IdentityProvider.Clients;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.MfaReset;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Api;

/// <summary>Resets the MFA of many users as a job, which is looked at, stopped and resumed.</summary>
internal static class JobEndpoints
{
    private const int MostErrors = 20;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/users/reset-mfa", StartAsync)
            .WithMetadata(new RequestSizeLimitAttribute(ApiBody.LargestOfMany))
            .Describe(
                new(
                    "resetMfaOfMany",
                    "Removes the second factors of many users as a job; who cannot be reset is left out and counted.",
                    ApiScopes.RecoverUsers,
                    typeof(MfaResetOfManyWish),
                    typeof(JobAnswer),
                    StatusCodes.Status202Accepted
                )
            );
        api.MapGet("/jobs", JobReports.ListAsync)
            .Describe(
                new("listJobs", "Shows the latest jobs, newest first.", ApiScopes.RecoverUsers, Answer: typeof(JobList))
            );
        api.MapGet("/jobs/{id}/report", JobReports.ReportAsync)
            .Describe(
                new(
                    "reportJob",
                    "Says what came of each user, in the order of the job.",
                    ApiScopes.RecoverUsers,
                    Answer: typeof(JobReport)
                )
            );
        api.MapGet("/jobs/{id}", GetAsync)
            .Describe(new("getJob", "Shows how far a job is.", ApiScopes.RecoverUsers, Answer: typeof(JobAnswer)));
        api.MapPost("/jobs/{id}/stop", StopAsync)
            .Describe(
                new(
                    "stopJob",
                    "Stops a job after the user whose turn it is.",
                    ApiScopes.RecoverUsers,
                    Answer: typeof(JobAnswer)
                )
            );
        api.MapPost("/jobs/{id}/resume", ResumeAsync)
            .Describe(
                new(
                    "resumeJob",
                    "Lets a stopped job go on where it stopped.",
                    ApiScopes.RecoverUsers,
                    Answer: typeof(JobAnswer)
                )
            );
    }

    private static async Task<IResult> StartAsync(
        HttpContext http,
        ResetMfaOfMany many,
        IOptions<MfaOptions> mfa,
        IOptions<EnrollmentOptions> enrollment,
        TimeProvider time
    )
    {
        var (wish, problem) = ApiBody.Read<MfaResetOfManyWish>(http, ApiGate.BodyOf(http));
        if (wish is null)
        {
            return problem!;
        }

        var caller = ApiGate.CallerOf(http);
        if (!caller.May(ConsoleAction.ResetMfa))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        // Security: threat 13. A browser left open is not enough to take somebody's factors away.
        if (!caller.IsFresh(time.GetUtcNow(), mfa.Value.FreshProof))
        {
            return ApiGate.StepUp(http, mfa.Value.FreshProof);
        }

        var (order, errors) = MfaEndpoints.Order(
            new(wish.Reason)
            {
                Exclusion = wish.Exclusion,
                ExclusionDays = wish.ExclusionDays,
                ExclusionUntil = wish.ExclusionUntil,
                Factors = wish.Factors,
            },
            DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
            enrollment.Value.DefaultDays
        );
        errors =
        [
            .. errors,
            .. wish
                .UserIds.Index()
                .Where(u => !ApiQuery.IsId(u.Item))
                .Take(MostErrors)
                .Select(u => new ApiError($"/userIds/{u.Index}", ApiQuery.IdRule)),
        ];
        if (order is null || errors.Length > 0)
        {
            return ApiProblem.InvalidRequest.Answer(errors);
        }

        var started = await many.StartAsync(
            caller.Actor,
            wish.UserIds.OfType<string>(),
            order,
            wish.SpreadDays,
            UserActions.RequesterOf(http),
            http.RequestAborted
        );
        return started switch
        {
            StartedBatch.Started(var id, _) => new ApiAnswer(
                StatusCodes.Status202Accepted,
                Describe((await many.FindAsync(id, http.RequestAborted))!)
            )
            {
                Location = $"{ApiServices.Root}/jobs/{id}",
            },
            StartedBatch.WrongNumber(var max) => ApiProblem.InvalidRequest.Answer(
                new ApiError("/userIds", $"It must name 1 to {max} users.")
            ),
            StartedBatch.SpreadTooLong => ApiProblem.InvalidRequest.Answer(
                new ApiError("/spreadDays", $"Together with the days it must be 0 to {EnrollmentPeriod.MaxDays}.")
            ),
            _ => ApiProblem.NotAllowed.Answer(),
        };
    }

    private static async Task<IResult> GetAsync(HttpContext http, ResetMfaOfMany many, string id) =>
        !ApiGate.CallerOf(http).May(ConsoleAction.ResetMfa) ? ApiProblem.NotAllowed.Answer()
        : Guid.TryParse(id, out var job) && await many.FindAsync(job, http.RequestAborted) is { } progress
            ? ApiAnswer.Ok(Describe(progress))
        : ApiProblem.NotFound.Answer();

    private static Task<IResult> StopAsync(HttpContext http, ResetMfaOfMany many, string id) =>
        ChangeAsync(
            http,
            many,
            id,
            (actor, job) => many.StopAsync(actor, job, UserActions.RequesterOf(http), http.RequestAborted)
        );

    private static async Task<IResult> ResumeAsync(
        HttpContext http,
        ResetMfaOfMany many,
        IOptions<MfaOptions> mfa,
        TimeProvider time,
        string id
    )
    {
        var caller = ApiGate.CallerOf(http);
        if (
            caller.May(ConsoleAction.ResetMfa)
            && Guid.TryParse(id, out var job)
            && await many.FindAsync(job, http.RequestAborted) is { } progress
        )
        {
            if (!ResetMfaOfMany.MayResume(caller.Actor, progress.Batch))
            {
                return ApiProblem.NotAllowed.Answer();
            }

            if (!caller.IsFresh(time.GetUtcNow(), mfa.Value.FreshProof))
            {
                return ApiGate.StepUp(http, mfa.Value.FreshProof);
            }
        }

        return await ChangeAsync(
            http,
            many,
            id,
            (actor, found) => many.ResumeAsync(actor, found, UserActions.RequesterOf(http), http.RequestAborted)
        );
    }

    // What stands already as it is wanted is no error: the answer says how it stands.
    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        ResetMfaOfMany many,
        string id,
        Func<Actor, Guid, Task<bool>> change
    )
    {
        var caller = ApiGate.CallerOf(http);
        if (!caller.May(ConsoleAction.ResetMfa))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        if (Guid.TryParse(id, out var job))
        {
            await change(caller.Actor, job);
        }

        return await GetAsync(http, many, id);
    }

    private static JobAnswer Describe(BatchProgress progress) =>
        new(
            progress.Batch.Id,
            JobReports.State(progress.Batch),
            progress.Batch.Total,
            progress.Done,
            progress.Outcomes.ToDictionary(o => JobReports.Name(o.Key), o => o.Value),
            progress.Batch.StartedAt,
            progress.Batch.EndedAt
        );
}
