using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>
/// Takes subjects out of a stream and puts them back (SSF 1.0, 8.1.3); at first a stream has every account. Security:
/// threat 11. A subject that names no account is answered like one that does.
/// </summary>
internal static class SubjectEndpoints
{
    public const string AddPath = "/ssf/subjects/add";
    public const string RemovePath = "/ssf/subjects/remove";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var manage = SignalAccess.With(SignalScopes.Manage);
        endpoints.MapPost(AddPath, AddAsync).AddEndpointFilter(manage);
        endpoints.MapPost(RemovePath, RemoveAsync).AddEndpointFilter(manage);
    }

    private static async Task<IResult> AddAsync(
        HttpContext http,
        IdpDbContext context,
        SignalStreams streams,
        IAccounts accounts
    )
    {
        var (stream, subject, refused) = await ReadAsync(http, context, streams);
        if (refused is not null)
        {
            return refused;
        }

        // It may have been taken out under its other name.
        var account = subject!.Address is { } address
            ? await accounts.FindByAddressAsync(address, http.RequestAborted)
            : await accounts.FindAsync(subject.AccountId ?? "", http.RequestAborted);
        string[] keys = account is null
            ? [subject.Key]
            : [subject.Key, .. SignalSubject.KeysOf(account.Id, account.Address)];
        await context
            .Set<SignalExclusion>()
            .Where(e => e.StreamId == stream!.Id && keys.Contains(e.Subject))
            .ExecuteDeleteAsync(http.RequestAborted);
        return Results.Ok();
    }

    private static async Task<IResult> RemoveAsync(HttpContext http, IdpDbContext context, SignalStreams streams)
    {
        var (stream, subject, refused) = await ReadAsync(http, context, streams);
        if (refused is not null)
        {
            return refused;
        }

        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "SignalExclusions" ("StreamId", "Subject") VALUES ({stream!.Id}, {subject!.Key})
            ON CONFLICT DO NOTHING
            """,
            http.RequestAborted
        );
        return Results.NoContent();
    }

    private static async Task<(SignalStream?, SignalSubject?, IResult?)> ReadAsync(
        HttpContext http,
        IdpDbContext context,
        SignalStreams streams
    )
    {
        if (await SignalRequests.ReadAsync(http) is not { } body)
        {
            return (null, null, SignalRequests.NotJson());
        }

        if (body.Text("stream_id") is not { } streamId || SignalSubject.Read(body, streams.Issuer) is not { } subject)
        {
            return (null, null, SignalRequests.Bad("stream_id and a subject (iss_sub, email, opaque) are needed."));
        }

        return await context.FindStreamAsync(http, streamId) is { } stream
            ? (stream, subject, null)
            : (null, null, SignalRequests.NoStream());
    }
}
