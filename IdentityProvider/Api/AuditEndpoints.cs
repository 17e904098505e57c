using System.Globalization;
using IdentityProvider.Clients;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;

namespace IdentityProvider.Api;

/// <summary>An event of the audit.</summary>
internal sealed record AuditEntry(
    Guid Id,
    DateTimeOffset At,
    string Type,
    string? UserId,
    string? ActorId,
    string? SubjectId,
    string? Network,
    string? Browser,
    string? Reason,
    string? Proof,
    string? Why
);

/// <summary>A page of the audit, newest first; <c>next</c> is null on the last.</summary>
internal sealed record AuditEntries(IReadOnlyList<AuditEntry> Events, string? Next);

/// <summary>What is asked of the audit.</summary>
internal sealed record AuditQuery(
    string? Type,
    string? UserId,
    string? ActorId,
    string? From,
    string? To,
    string? Text,
    string? Cursor,
    string? Limit
)
{
    private const int LongestText = 500;

    /// <summary>The filter, or what is wrong.</summary>
    public (AuditFilter Filter, ApiError[] Errors) Read(HttpContext http)
    {
        var errors = ApiQuery
            .Unknown(http, "type", "userId", "actorId", "from", "to", "text", "cursor", "limit")
            .ToList();
        errors.AddRange(ApiQuery.CheckIds(("type", Type), ("userId", UserId), ("actorId", ActorId)));
        var (from, to) = (Time("?from", From, errors), Time("?to", To, errors));
        if (Text is not null && (Text.Length is 0 or > LongestText || !PlainText.Is(Text)))
        {
            errors.Add(new("?text", "It must be one line of 1 to 500 characters."));
        }

        if (ApiQuery.Limit(Limit) is null)
        {
            errors.Add(ApiQuery.LimitError);
        }

        return (
            new()
            {
                Type = Type,
                AccountId = UserId,
                ActorId = ActorId,
                From = from,
                To = to,
                Text = Text,
            },
            [.. errors]
        );
    }

    private static DateTimeOffset? Time(string at, string? text, List<ApiError> errors)
    {
        if (text is null)
        {
            return null;
        }

        if (
            DateTimeOffset.TryParseExact(
                text,
                "yyyy-MM-dd'T'HH:mm:ssK",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var time
            )
        )
        {
            return time;
        }

        errors.Add(new(at, "It must be a time such as 2026-12-24T00:00:00Z."));
        return null;
    }
}

/// <summary>Reads the audit.</summary>
internal static class AuditEndpoints
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/audit", ListAsync)
            .Describe(
                new(
                    "listAudit",
                    "Reads the audit, newest first. type is one or how several begin, such as factor.; from and to are times such as 2026-12-24T00:00:00Z; text is a reason, or a part of one in somebody's own words.",
                    ApiScopes.ReadAudit,
                    Answer: typeof(AuditEntries)
                )
            );

    private static async Task<IResult> ListAsync(
        HttpContext http,
        SearchAudit search,
        ApiCursors cursors,
        [AsParameters] AuditQuery query
    )
    {
        if (!ApiGate.CallerOf(http).May(ConsoleAction.ReadAudit))
        {
            return ApiProblem.NotAllowed.Answer();
        }

        var (filter, errors) = query.Read(http);
        if (errors.Length > 0)
        {
            return ApiProblem.InvalidRequest.Answer(errors);
        }

        var list =
            $"audit?type={query.Type}&userId={query.UserId}&actorId={query.ActorId}"
            + $"&from={query.From}&to={query.To}&text={query.Text}";
        Guid? before = null;
        if (query.Cursor is { } cursor)
        {
            if (!Guid.TryParse(cursors.Read(list, cursor), out var last))
            {
                return ApiProblem.InvalidCursor.Answer();
            }

            before = last;
        }

        var page = await search.RunAsync(filter, before, ApiQuery.Limit(query.Limit)!.Value, http.RequestAborted);
        return ApiAnswer.Ok(
            new AuditEntries(
                [.. page.Events.Select(Entry)],
                page.Older is { } older ? cursors.Write(list, older.ToString()) : null
            )
        );
    }

    private static AuditEntry Entry(AuditEvent e) =>
        new(e.Id, e.At, e.Type, e.AccountId, e.ActorId, e.SubjectId, e.Network, e.Browser, e.Reason, e.Proof, e.Why);
}
