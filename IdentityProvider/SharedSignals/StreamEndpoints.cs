using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>Makes, reads, changes and deletes a receiver's stream (SSF 1.0, 8.1.1).</summary>
internal static class StreamEndpoints
{
    public const string Path = "/ssf/streams";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var read = SignalAccess.With(SignalScopes.Manage, SignalScopes.Read);
        var manage = SignalAccess.With(SignalScopes.Manage);
        endpoints.MapGet(Path, ReadAsync).AddEndpointFilter(read);
        endpoints.MapPost(Path, CreateAsync).AddEndpointFilter(manage);
        endpoints.MapPatch(Path, UpdateAsync).AddEndpointFilter(manage);
        endpoints.MapPut(Path, ReplaceAsync).AddEndpointFilter(manage);
        endpoints.MapDelete(Path, DeleteAsync).AddEndpointFilter(manage);
    }

    private static async Task<IResult> ReadAsync(
        HttpContext http,
        IdpDbContext context,
        SignalStreams streams,
        string? stream_id
    )
    {
        if (stream_id is not null)
        {
            return await context.FindStreamAsync(http, stream_id) is { } stream
                ? Results.Json(streams.Describe(stream))
                : SignalRequests.NoStream();
        }

        var clientId = SignalAccess.ClientOf(http);
        var own = await context.Set<SignalStream>().Where(s => s.ClientId == clientId).ToListAsync(http.RequestAborted);
        return Results.Json(new JsonArray([.. own.Select(streams.Describe)]));
    }

    private static async Task<IResult> CreateAsync(
        HttpContext http,
        IdpDbContext context,
        SignalStreams streams,
        ReceiverNetwork network,
        TimeProvider time
    )
    {
        if (await SignalRequests.ReadAsync(http) is not { } body)
        {
            return SignalRequests.NotJson();
        }

        var (wish, wrong) = StreamWish.Read(body, network);
        if (wish is null)
        {
            return SignalRequests.Bad(wrong!);
        }

        var now = time.GetUtcNow();
        var clientId = SignalAccess.ClientOf(http);
        var stream = new SignalStream
        {
            Id = Guid.CreateVersion7(now).ToString("n"),
            ClientId = clientId,
            CreatedAt = now,
        };
        streams.Apply(stream, wish, replace: true);
        if (await HasStreamAsync(context, clientId, http.RequestAborted))
        {
            return OneIsThere();
        }

        context.Add(stream);
        try
        {
            await context.SaveChangesAsync(http.RequestAborted);
        }
        catch (DbUpdateException)
        {
            // Two came at once: the unique index let one in.
            context.ChangeTracker.Clear();
            if (!await HasStreamAsync(context, clientId, http.RequestAborted))
            {
                throw;
            }

            return OneIsThere();
        }

        return Results.Json(streams.Describe(stream), statusCode: StatusCodes.Status201Created);
    }

    private static Task<IResult> UpdateAsync(
        HttpContext http,
        IdpDbContext context,
        UnitOfWork work,
        SignalStreams streams,
        ReceiverNetwork network
    ) => ChangeAsync(http, context, work, streams, network, replace: false);

    private static Task<IResult> ReplaceAsync(
        HttpContext http,
        IdpDbContext context,
        UnitOfWork work,
        SignalStreams streams,
        ReceiverNetwork network
    ) => ChangeAsync(http, context, work, streams, network, replace: true);

    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        IdpDbContext context,
        UnitOfWork work,
        SignalStreams streams,
        ReceiverNetwork network,
        bool replace
    )
    {
        if (await SignalRequests.ReadAsync(http) is not { } body)
        {
            return SignalRequests.NotJson();
        }

        if (body.Text("stream_id") is not { } streamId)
        {
            return SignalRequests.Bad("stream_id must be a string.");
        }

        var (wish, wrong) = StreamWish.Read(body, network);
        if (wish is null)
        {
            return SignalRequests.Bad(wrong!);
        }

        return await work.RunAsync(
            async inner =>
            {
                if (await context.FindStreamAsync(http, streamId) is not { } stream)
                {
                    return SignalRequests.NoStream();
                }

                if (streams.Contradiction(stream, body) is { } name)
                {
                    return SignalRequests.Bad($"{name} is not the receiver's to change.");
                }

                var before = stream.Delivery;
                streams.Apply(stream, wish, replace);
                if (before != stream.Delivery)
                {
                    await streams.ResumeAsync(stream, inner);
                }

                return Results.Json(streams.Describe(stream));
            },
            http.RequestAborted
        );
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, IdpDbContext context, string? stream_id)
    {
        if (stream_id is null)
        {
            return SignalRequests.Bad("stream_id must be given.");
        }

        var clientId = SignalAccess.ClientOf(http);
        return
            await context
                .Set<SignalStream>()
                .Where(s => s.Id == stream_id && s.ClientId == clientId)
                .ExecuteDeleteAsync(http.RequestAborted) == 1
            ? Results.NoContent()
            : SignalRequests.NoStream();
    }

    private static Task<bool> HasStreamAsync(
        IdpDbContext context,
        string clientId,
        CancellationToken cancellationToken
    ) => context.Set<SignalStream>().AnyAsync(s => s.ClientId == clientId, cancellationToken);

    private static IResult OneIsThere() =>
        Results.Problem("A receiver has one stream, and this one has it.", statusCode: StatusCodes.Status409Conflict);
}
