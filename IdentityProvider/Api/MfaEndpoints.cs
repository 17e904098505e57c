using System.Globalization;
using IdentityProvider.Clients;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.MfaReset;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Api;

/// <summary>What an MFA reset is asked for with.</summary>
internal sealed record MfaResetWish(string Reason)
{
    /// <summary>Whether the person may sign in without a factor for a while.</summary>
    public bool Exclusion { get; init; }

    /// <summary>For how many days: 1 to 365; when nothing is said, what the dialogs of the console offer.</summary>
    public int? ExclusionDays { get; init; }

    /// <summary>Or until which day of the person's calendar, such as 2026-12-24.</summary>
    public DateOnly? ExclusionUntil { get; init; }

    /// <summary>Of totp, passkeys, recovery-codes; all when nothing is said.</summary>
    public IReadOnlyList<string>? Factors { get; init; }
}

/// <summary>What an MFA reset has come to: <c>reset</c>, or <c>waitsForApproval</c> by a second administrator.</summary>
internal sealed record MfaResetAnswer(string Outcome, DateTimeOffset? EnrollUntil);

/// <summary>Resets the MFA of one.</summary>
internal static class MfaEndpoints
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/users/{id}/reset-mfa", ResetAsync)
            .Describe(
                new(
                    "resetMfa",
                    "Removes a user's second factors; a person who calls has signed in with one a moment ago.",
                    ApiScopes.RecoverUsers,
                    typeof(MfaResetWish),
                    typeof(MfaResetAnswer)
                )
            );

    private static async Task<IResult> ResetAsync(
        HttpContext http,
        ResetMfa reset,
        IOptions<MfaOptions> mfa,
        IOptions<EnrollmentOptions> enrollment,
        TimeProvider time,
        string id
    )
    {
        var (body, problem) = ApiBody.Read<MfaResetWish>(http, ApiGate.BodyOf(http));
        if (body is null)
        {
            return problem!;
        }

        var (caller, account, refused) = await UserActions.FindAsync(http, id, ConsoleAction.ResetMfa);
        if (account is null)
        {
            return refused!;
        }

        // Security: threat 13. A browser left open is not enough to take somebody's factors away.
        if (!caller.IsFresh(time.GetUtcNow(), mfa.Value.FreshProof))
        {
            return ApiGate.StepUp(http, mfa.Value.FreshProof);
        }

        var (order, errors) = Order(body, Today(time, account.TimeZone), enrollment.Value.DefaultDays);
        if (order is null)
        {
            return ApiProblem.InvalidRequest.Answer(errors);
        }

        var result = await reset.RunAsync(
            caller.Actor,
            account.Id,
            order,
            UserActions.RequesterOf(http),
            http.RequestAborted
        );
        return result switch
        {
            MfaResetResult.Done done => ApiAnswer.Ok(new MfaResetAnswer("reset", done.EnrollUntil)),
            MfaResetResult.WaitsForApproval => new ApiAnswer(
                StatusCodes.Status202Accepted,
                new MfaResetAnswer("waitsForApproval", null)
            ),
            MfaResetResult.Changed => ApiProblem.Changed.Answer(),
            MfaResetResult.Refused { Reason: var reason } => Problem(reason).Answer(),
            _ => throw new InvalidOperationException($"Unknown outcome {result}."),
        };
    }

    /// <summary>The order, or what is wrong with the wish.</summary>
    public static (MfaResetOrder? Order, ApiError[] Errors) Order(MfaResetWish wish, DateOnly today, int usualDays)
    {
        var errors = new List<ApiError>();
        var why = MfaResetOrder.CleanWhy(wish.Reason);
        if (why is null)
        {
            errors.Add(UserActions.Reason);
        }

        if (!wish.Exclusion && (wish.ExclusionDays is not null || wish.ExclusionUntil is not null))
        {
            errors.Add(new("/exclusion", "It must be true where a length is given."));
        }

        if (wish is { ExclusionDays: not null, ExclusionUntil: not null })
        {
            errors.Add(new("/exclusionUntil", "It must not stand beside exclusionDays."));
        }

        var days = wish.ExclusionUntil?.DayNumber - today.DayNumber ?? wish.ExclusionDays ?? usualDays;
        if (EnrollmentPeriod.Of(days) is not { } period)
        {
            errors.Add(
                new(
                    wish.ExclusionUntil is null ? "/exclusionDays" : "/exclusionUntil",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"It must be {EnrollmentPeriod.MinDays} to {EnrollmentPeriod.MaxDays} days from today."
                    )
                )
            );
            return (null, [.. errors]);
        }

        var factors = wish.Factors is null ? ResetFactors.All : ResetFactors.None;
        for (var i = 0; i < wish.Factors?.Count; i++)
        {
            var factor = Factor(wish.Factors[i]);
            factors |= factor;
            if (factor == ResetFactors.None)
            {
                errors.Add(new($"/factors/{i}", "It must be totp, passkeys or recovery-codes."));
            }
        }

        if (wish.Factors is { Count: 0 })
        {
            errors.Add(new("/factors", "It must name at least one."));
        }

        return errors.Count == 0 ? (new(factors, wish.Exclusion ? period : null, why!), []) : (null, [.. errors]);
    }

    private static ResetFactors Factor(string? name) =>
        name switch
        {
            "totp" => ResetFactors.Totp,
            "passkeys" => ResetFactors.Passkeys,
            "recovery-codes" => ResetFactors.RecoveryCodes,
            _ => ResetFactors.None,
        };

    private static DateOnly Today(TimeProvider time, string? zone) =>
        DateOnly.FromDateTime(
            TimeZoneInfo
                .ConvertTime(
                    time.GetUtcNow(),
                    zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
                        ? found
                        : TimeZoneInfo.Utc
                )
                .DateTime
        );

    private static ApiProblem Problem(MfaResetRefusal reason) =>
        reason switch
        {
            MfaResetRefusal.Gone => ApiProblem.UserNotFound,
            MfaResetRefusal.Oneself => ApiProblem.Oneself,
            MfaResetRefusal.LastAdministrator => ApiProblem.LastAdministrator,
            MfaResetRefusal.NotAllowed => ApiProblem.NotAllowed,
            _ => throw new InvalidOperationException($"Unknown reason {reason}."),
        };
}
