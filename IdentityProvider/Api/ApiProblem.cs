using System.Text.Json.Serialization;

namespace IdentityProvider.Api;

/// <summary>A kind of problem (RFC 9457). Its code never changes its meaning.</summary>
/// <param name="Code">The stable name.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What it means.</param>
internal sealed record ApiProblem(string Code, int Status, string Title)
{
    public static readonly ApiProblem InvalidToken = new("invalid-token", 401, "A valid access token is needed.");
    public static readonly ApiProblem StepUpRequired = new(
        "step-up-required",
        401,
        "The person must have signed in a moment ago, with a second factor (RFC 9470)."
    );
    public static readonly ApiProblem InsufficientScope = new("insufficient-scope", 403, "The token lacks a scope.");
    public static readonly ApiProblem NotAllowed = new(
        "not-allowed",
        403,
        "The caller may not do that to this account."
    );
    public static readonly ApiProblem NotFound = new("not-found", 404, "There is no such thing.");
    public static readonly ApiProblem UserNotFound = new("user-not-found", 404, "There is no such user.");
    public static readonly ApiProblem MethodNotAllowed = new(
        "method-not-allowed",
        405,
        "The address does not know this method."
    );
    public static readonly ApiProblem InvalidJson = new(
        "invalid-json",
        400,
        "The body must be one JSON object of the documented form."
    );
    public static readonly ApiProblem InvalidRequest = new(
        "invalid-request",
        400,
        "A value is missing or out of shape; 'errors' says which."
    );
    public static readonly ApiProblem InvalidCursor = new(
        "invalid-cursor",
        400,
        "The cursor is not from this list with these filters."
    );
    public static readonly ApiProblem InvalidKey = new(
        "idempotency-key-invalid",
        400,
        "Idempotency-Key must be 1 to 128 visible ASCII characters."
    );
    public static readonly ApiProblem KeyReused = new(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request."
    );
    public static readonly ApiProblem InProgress = new(
        "idempotency-in-progress",
        409,
        "A request with this Idempotency-Key is still running."
    );
    public static readonly ApiProblem UserExists = new("user-exists", 409, "The address names an account already.");
    public static readonly ApiProblem Oneself = new("oneself", 409, "Nobody does that to their own account.");
    public static readonly ApiProblem LastAdministrator = new(
        "last-administrator",
        409,
        "It is the last administrator who could sign in."
    );
    public static readonly ApiProblem Changed = new(
        "changed",
        409,
        "Somebody else changed the account at the same moment; look again."
    );
    public static readonly ApiProblem TooLarge = new(
        "body-too-large",
        413,
        "The body is larger than 64 KiB, or than 8 MiB for many users."
    );
    public static readonly ApiProblem UnsupportedMediaType = new(
        "unsupported-media-type",
        415,
        "The body must be application/json."
    );
    public static readonly ApiProblem RateLimited = new(
        "rate-limited",
        429,
        "Too many requests; Retry-After says when the next may come."
    );
    public static readonly ApiProblem Failed = new("failed", 500, "The request failed.");
    public static readonly ApiProblem Unavailable = new("unavailable", 503, "Try again in a moment.");

    public static readonly IReadOnlyList<ApiProblem> All =
    [
        InvalidJson,
        InvalidRequest,
        InvalidCursor,
        InvalidKey,
        InvalidToken,
        StepUpRequired,
        InsufficientScope,
        NotAllowed,
        NotFound,
        UserNotFound,
        MethodNotAllowed,
        UserExists,
        Oneself,
        LastAdministrator,
        Changed,
        InProgress,
        TooLarge,
        UnsupportedMediaType,
        KeyReused,
        RateLimited,
        Failed,
        Unavailable,
    ];

    /// <summary>What a status stands for when nobody said more.</summary>
    public static ApiProblem OfStatus(int status) =>
        All.FirstOrDefault(p => p.Status == status && p is not { Code: "user-not-found" }) ?? Failed;

    /// <summary>The answer.</summary>
    public ApiAnswer Answer(params ApiError[] errors) =>
        new(
            Status,
            new ProblemBody(
                ApiServices.ProblemsPath + "#" + Code,
                Title,
                Status,
                Code,
                errors.Length == 0 ? null : errors
            ),
            "application/problem+json"
        );
}

/// <summary>What is wrong with one value.</summary>
/// <param name="Pointer">A JSON pointer (RFC 6901) into the body, or <c>?name</c> for a query parameter.</param>
/// <param name="Detail">A sentence that never repeats the value.</param>
internal sealed record ApiError(string Pointer, string Detail);

internal sealed record ProblemBody(
    string Type,
    string Title,
    int Status,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ApiError>? Errors
);
