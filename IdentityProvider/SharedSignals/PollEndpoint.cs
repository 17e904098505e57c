using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>Gives a receiver its events, and hears which it took (RFC 8936).</summary>
internal sealed class PollEndpoint(
    IdpDbContext context,
    SecurityEventTokens tokens,
    IOptions<SharedSignalsOptions> options,
    TimeProvider time
)
{
    // Some kilobytes each: an answer stays below a megabyte.
    private const int MostAtOnce = 100;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapPost(
                "/ssf/poll/{streamId}",
                (HttpContext http, PollEndpoint poll, string streamId) => poll.HandleAsync(http, streamId)
            )
            .AddEndpointFilter(SignalAccess.With(SignalScopes.Read, SignalScopes.Manage));

    private async Task<IResult> HandleAsync(HttpContext http, string streamId)
    {
        if (await SignalRequests.ReadAsync(http) is not { } body || Poll.Read(body) is not { } poll)
        {
            return SignalRequests.Bad(
                "The body must be a JSON object with maxEvents, returnImmediately, ack and setErrs of RFC 8936."
            );
        }

        if (await context.FindStreamAsync(http, streamId) is not { Delivery: SignalDelivery.Poll } stream)
        {
            return SignalRequests.NoStream();
        }

        await HearAsync(streamId, poll, http.RequestAborted);
        var until = time.GetUtcNow() + options.Value.PollWait;
        while (true)
        {
            var (events, more) = await OwedAsync(streamId, poll.MaxEvents, http.RequestAborted);

            // 2.5: an answer waits for an event, unless it is asked for at once.
            if (events.Count > 0 || poll.AtOnce || time.GetUtcNow() >= until)
            {
                return Results.Json(
                    new JsonObject
                    {
                        ["sets"] = new JsonObject(
                            events.Select(e =>
                                KeyValuePair.Create(
                                    SecurityEventTokens.NameOf(e.Id),
                                    (JsonNode?)tokens.Create(stream, e)
                                )
                            )
                        ),
                        ["moreAvailable"] = more,
                    }
                );
            }

            await Task.Delay(LookEvery, time, http.RequestAborted);
        }
    }

    private async Task HearAsync(string streamId, Poll poll, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await SignalStreams
            .Owed(context, streamId)
            .Where(e => poll.Taken.Contains(e.Id))
            .TakenAsync(now, cancellationToken);
        foreach (var (id, said) in poll.Refused)
        {
            await SignalStreams
                .Owed(context, streamId)
                .Where(e => e.Id == id)
                .RefusedAsync(said, now, cancellationToken);
        }
    }

    private async Task<(List<SignalEvent> Events, bool More)> OwedAsync(
        string streamId,
        int count,
        CancellationToken cancellationToken
    )
    {
        var events = await SignalStreams
            .Owed(context, streamId)
            .AsNoTracking()
            .Where(_ =>
                context.Set<SignalStream>().Any(s => s.Id == streamId && s.Status == SignalStreamStatus.Enabled)
            )
            .OrderBy(e => e.Id)
            .Take(count + 1)
            .ToListAsync(cancellationToken);
        return events.Count > count ? ([.. events.Take(count)], true) : (events, false);
    }

    /// <summary>A request (2.2).</summary>
    private sealed record Poll(
        int MaxEvents,
        bool AtOnce,
        IReadOnlyList<Guid> Taken,
        IReadOnlyList<(Guid Id, JsonElement Said)> Refused
    )
    {
        public static Poll? Read(JsonElement body)
        {
            var most = MostAtOnce;
            if (
                body.TryGetProperty("maxEvents", out var maxEvents)
                && !(maxEvents.ValueKind == JsonValueKind.Number && maxEvents.TryGetInt32(out most) && most >= 0)
            )
            {
                return null;
            }

            var atOnce = false;
            if (body.TryGetProperty("returnImmediately", out var immediately))
            {
                if (immediately.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    return null;
                }

                atOnce = immediately.GetBoolean();
            }

            var taken = new List<Guid>();
            if (body.TryGetProperty("ack", out var ack))
            {
                if (
                    ack.ValueKind != JsonValueKind.Array
                    || ack.EnumerateArray().Any(a => a.ValueKind != JsonValueKind.String)
                )
                {
                    return null;
                }

                taken.AddRange(ack.EnumerateArray().SelectMany(a => IdOf(a.GetString()!)));
            }

            var refused = new List<(Guid, JsonElement)>();
            if (body.TryGetProperty("setErrs", out var errors))
            {
                if (
                    errors.ValueKind != JsonValueKind.Object
                    || errors.EnumerateObject().Any(e => e.Value.ValueKind != JsonValueKind.Object)
                )
                {
                    return null;
                }

                refused.AddRange(errors.EnumerateObject().SelectMany(e => IdOf(e.Name).Select(id => (id, e.Value))));
            }

            // 2.4.2: a request for no events only acknowledges.
            return new(Math.Min(most, MostAtOnce), atOnce || most == 0, taken, refused);
        }

        // What is not one of our ids names no event, which is not worth an error.
        private static Guid[] IdOf(string name) => Guid.TryParseExact(name, "n", out var id) ? [id] : [];
    }
}
