using IdentityProvider.Clients;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;

namespace IdentityProvider.Api;

/// <summary>What is done to one user.</summary>
internal static class UserActions
{
    public static void Map(RouteGroupBuilder api)
    {
        Map(api, "suspend", "Suspends a user: sessions and tokens end.", ApiScopes.ManageUsers)(SuspendAsync);
        Map(api, "activate", "Lets a suspended user sign in again.", ApiScopes.ManageUsers)(ActivateAsync);
        Map(
            api,
            "unlock",
            "Lifts a lock that failures have brought about; unlocked is false where there was none, and resetRequired is true where only a new password signs in all the same.",
            ApiScopes.RecoverUsers,
            StatusCodes.Status200OK,
            typeof(UnlockedByAdministrator)
        )(UnlockAsync);
        Map(
            api,
            "reset-password",
            "Mails a user the link to choose a new password; nobody else chooses one.",
            ApiScopes.RecoverUsers,
            StatusCodes.Status202Accepted
        )(ResetPasswordAsync);
    }

    private static Action<Delegate> Map(
        RouteGroupBuilder api,
        string action,
        string summary,
        string scope,
        int status = StatusCodes.Status204NoContent,
        Type? answer = null
    ) =>
        handler =>
            api.MapPost("/users/{id}/" + action, handler)
                .Describe(new(Name(action), summary, scope, typeof(Why), answer, status));

    private static Task<IResult> SuspendAsync(HttpContext http, SuspendAccount suspend, string id) =>
        OnUserAsync(
            http,
            id,
            ConsoleAction.Suspend,
            async (actor, account, why) =>
                Tell(await suspend.SuspendAsync(actor, account.Id, why, RequesterOf(http), http.RequestAborted))
        );

    private static Task<IResult> ActivateAsync(HttpContext http, SuspendAccount suspend, string id) =>
        OnUserAsync(
            http,
            id,
            ConsoleAction.Suspend,
            async (actor, account, why) =>
                Tell(await suspend.ActivateAsync(actor, account.Id, why, RequesterOf(http), http.RequestAborted))
        );

    private static Task<IResult> UnlockAsync(HttpContext http, UnlockAccount unlock, string id) =>
        OnUserAsync(
            http,
            id,
            ConsoleAction.Unlock,
            async (actor, account, why) =>
                ApiAnswer.Ok(
                    await unlock.ByAdministratorAsync(actor, account.Id, why, RequesterOf(http), http.RequestAborted)
                )
        );

    private static Task<IResult> ResetPasswordAsync(HttpContext http, SendResetFor send, string id) =>
        OnUserAsync(
            http,
            id,
            ConsoleAction.SendReset,
            async (actor, account, why) =>
            {
                await send.RunAsync(actor, account.Id, why, RequesterOf(http), http.RequestAborted);
                return new(StatusCodes.Status202Accepted, null);
            }
        );

    /// <summary>Finds the user, asks who may, and reads why; then does it.</summary>
    private static async Task<IResult> OnUserAsync(
        HttpContext http,
        string id,
        ConsoleAction action,
        Func<Actor, RecoverableAccount, string?, Task<ApiAnswer>> act
    )
    {
        var (body, problem) = ApiBody.Read<Why>(http, ApiGate.BodyOf(http));
        if (body is null)
        {
            return problem!;
        }

        var why = MfaResetOrder.CleanWhy(body.Reason);
        if (body.Reason is not null && why is null)
        {
            return ApiProblem.InvalidRequest.Answer(Reason);
        }

        var (caller, account, refused) = await FindAsync(http, id, action);
        return refused ?? await act(caller.Actor, account!, why);
    }

    public static ApiError Reason { get; } =
        new("/reason", $"It must be one line of 1 to {MfaResetOrder.MaxWhy} characters.");

    /// <summary>The user, if the caller may do that to it.</summary>
    public static async Task<(ApiCaller Caller, RecoverableAccount? Account, ApiAnswer? Refused)> FindAsync(
        HttpContext http,
        string id,
        ConsoleAction action
    )
    {
        var caller = ApiGate.CallerOf(http);
        if (!caller.May(action))
        {
            return (caller, null, ApiProblem.NotAllowed.Answer());
        }

        var accounts = http.RequestServices.GetRequiredService<IAccounts>();
        return await accounts.FindAsync(id, http.RequestAborted) switch
        {
            null => (caller, null, ApiProblem.UserNotFound.Answer()),
            var account when !caller.May(action, account) => (caller, null, ApiProblem.NotAllowed.Answer()),
            var account => (caller, account, null),
        };
    }

    public static Requester RequesterOf(HttpContext http) =>
        Requester.From(http.Connection.RemoteIpAddress, http.Request.Headers.UserAgent.ToString());

    public static string Name(string action) =>
        string.Concat(action.Split('-').Select((part, i) => i == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]))
        + (action.Contains('-', StringComparison.Ordinal) ? "" : "User");

    private static ApiAnswer Tell(SuspensionResult result) =>
        result switch
        {
            SuspensionResult.Done or SuspensionResult.Unchanged => new(StatusCodes.Status204NoContent, null),
            SuspensionResult.Changed => ApiProblem.Changed.Answer(),
            SuspensionResult.Refused { Reason: var reason } => Problem(reason).Answer(),
            _ => throw new InvalidOperationException($"Unknown outcome {result}."),
        };

    private static ApiProblem Problem(SuspensionRefusal reason) =>
        reason switch
        {
            SuspensionRefusal.Gone => ApiProblem.UserNotFound,
            SuspensionRefusal.Oneself => ApiProblem.Oneself,
            SuspensionRefusal.LastAdministrator => ApiProblem.LastAdministrator,
            SuspensionRefusal.NotAllowed => ApiProblem.NotAllowed,
            _ => throw new InvalidOperationException($"Unknown reason {reason}."),
        };
}
