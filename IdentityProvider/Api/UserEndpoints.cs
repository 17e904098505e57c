using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.PasswordReset;

namespace IdentityProvider.Api;

/// <summary>Users: list, get, create.</summary>
internal static class UserEndpoints
{
    private const string List = "users";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/users", ListAsync)
            .Describe(
                new(
                    "listUsers",
                    "Lists users by address: search is how an address, a name or a family name begins, status is locked or suspended, mfa is where they stand with their second factor, as in mfaStatus.",
                    ApiScopes.ReadUsers,
                    Answer: typeof(UserPage)
                )
            );
        api.MapGet("/users/{id}", GetAsync)
            .Describe(
                new(
                    "getUser",
                    "Shows a user: profile, factors, where it stands.",
                    ApiScopes.ReadUsers,
                    Answer: typeof(UserDetails)
                )
            );
        api.MapPost("/users", CreateAsync)
            .Describe(
                new(
                    "createUser",
                    "Makes a user, and mails the link to choose a password.",
                    ApiScopes.ManageUsers,
                    typeof(NewUser),
                    typeof(UserDetails),
                    StatusCodes.Status201Created
                )
            );
    }

    private static async Task<IResult> ListAsync(
        HttpContext http,
        IAccountDirectory directory,
        EnrollmentStatuses statuses,
        ApiCursors cursors,
        string? search,
        string? status,
        string? mfa,
        string? cursor,
        string? limit
    )
    {
        if (!ApiGate.CallerOf(http).May(ConsoleAction.ReadUsers))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        var errors = ApiQuery.Unknown(http, "search", "status", "mfa", "cursor", "limit").ToList();
        if (ApiQuery.Limit(limit) is null)
        {
            errors.Add(ApiQuery.LimitError);
        }

        if (status is not (null or "locked" or "suspended"))
        {
            errors.Add(new("?status", "It must be locked or suspended."));
        }

        if (mfa is not null && MfaStatuses.Filter(mfa) is null)
        {
            errors.Add(
                new("?mfa", "It must be enrolled, inEnrollment, enrollmentExpired, notEnrolled or notRequired.")
            );
        }

        if (search is not null && (search.Trim().Length is 0 or > EmailAddress.MaxLength || !PlainText.Is(search)))
        {
            errors.Add(new("?search", "It must be how an address or a name begins."));
        }

        if (errors.Count > 0)
        {
            return ApiProblem.InvalidRequest.Answer([.. errors]);
        }

        var list = $"{List}?search={search}&status={status}&mfa={mfa}";
        string? after = null;
        if (cursor is not null && (after = cursors.Read(list, cursor)) is null)
        {
            return ApiProblem.InvalidCursor.Answer();
        }

        var page = await directory.ListAsync(
            new AccountFilter
            {
                Search = search,
                Locked = status == "locked" ? true : null,
                Suspended = status == "suspended" ? true : null,
                Mfa = MfaStatuses.Filter(mfa),
            },
            AccountOrder.Email,
            after,
            ApiQuery.Limit(limit)!.Value,
            http.RequestAborted
        );
        return ApiAnswer.Ok(
            new UserPage(
                [.. page.Accounts.Select(a => UserSummary.Of(a, statuses.Of(a)))],
                page.Next is null ? null : cursors.Write(list, page.Next)
            )
        );
    }

    private static async Task<IResult> GetAsync(
        HttpContext http,
        IAccounts accounts,
        EnrollmentStatuses statuses,
        string id
    ) =>
        !ApiGate.CallerOf(http).May(ConsoleAction.ReadUsers) ? ApiProblem.NotAllowed.Answer()
        : await accounts.FindAsync(id, http.RequestAborted) is { } account
            ? ApiAnswer.Ok(UserDetails.Of(account, statuses.Of(account)))
        : ApiProblem.UserNotFound.Answer();

    private static async Task<IResult> CreateAsync(
        HttpContext http,
        CreateAccount create,
        IssuePasswordReset issue,
        EnrollmentStatuses statuses,
        UnitOfWork work
    )
    {
        var caller = ApiGate.CallerOf(http);
        if (!caller.May(ConsoleAction.CreateUsers))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        var (body, problem) = ApiBody.Read<NewUser>(http, ApiGate.BodyOf(http));
        if (body is null)
        {
            return problem!;
        }

        var made = await work.RunAsync(
            async inner =>
            {
                var created = await create.RunAsync(
                    new(body.Email)
                    {
                        Name = body.Name,
                        GivenName = body.GivenName,
                        FamilyName = body.FamilyName,
                        Locale = body.Locale,
                        ZoneInfo = body.ZoneInfo,
                        PhoneNumber = body.PhoneNumber,
                    },
                    caller.Actor,
                    UserActions.RequesterOf(http),
                    inner
                );
                if (created is AccountCreation.Created { Account: var account })
                {
                    await issue.ByMailAsync(account, caller.Actor, UserActions.RequesterOf(http), inner);
                }

                return created;
            },
            http.RequestAborted
        );
        return made switch
        {
            AccountCreation.Created { Account: var account } => new ApiAnswer(
                StatusCodes.Status201Created,
                UserDetails.Of(account, statuses.Of(account))
            )
            {
                Location = $"{ApiServices.Root}/users/{account.Id}",
            },
            AccountCreation.Invalid invalid => ApiProblem.InvalidRequest.Answer([.. invalid.Problems.Select(Error)]),
            AccountCreation.Exists => ApiProblem.UserExists.Answer(),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    // The sentences begin with the claim's name.
    private static ApiError Error(string sentence)
    {
        var name = sentence[..sentence.IndexOf(' ', StringComparison.Ordinal)];
        return new(
            name switch
            {
                "given_name" => "/givenName",
                "family_name" => "/familyName",
                "phone_number" => "/phoneNumber",
                "zoneinfo" => "/zoneInfo",
                _ => "/" + name,
            },
            "It" + sentence[name.Length..]
        );
    }
}
