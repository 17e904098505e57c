using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Data;
using IdentityProvider.OpenId;
using IdP.Recovery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>Streams: what they say of themselves, how they change, and what they still owe.</summary>
internal sealed class SignalStreams(
    IdpDbContext context,
    UnitOfWork work,
    IDataProtectionProvider protection,
    IOptions<OriginOptions> origin,
    IOptions<SharedSignalsOptions> options
)
{
    private static readonly string[] TransmitterSupplied =
    [
        "iss",
        "aud",
        "events_supported",
        "events_delivered",
        "min_verification_interval",
    ];

    private readonly IDataProtector protector = protection.CreateProtector("IdentityProvider.SharedSignals.v1");

    /// <summary>The issuer of events, the same as of ID tokens.</summary>
    public string Issuer => origin.Value.Issuer();

    /// <summary>What the receiver wants sent as <c>Authorization</c>.</summary>
    public string? AuthorizationOf(SignalStream stream) =>
        stream.ProtectedAuthorization is { } value ? protector.Unprotect(value) : null;

    /// <summary>A stream's configuration (SSF 1.0, 8.1.1). Security: never the authorization header.</summary>
    public JsonObject Describe(SignalStream stream)
    {
        var description = new JsonObject
        {
            ["stream_id"] = stream.Id,
            ["iss"] = Issuer,
            ["aud"] = stream.ClientId,
            ["events_supported"] = Array(SignalTable.Supported),
            ["events_delivered"] = Array(SignalTable.Supported.Where(stream.Wants)),
            ["delivery"] = new JsonObject
            {
                ["method"] = stream.Delivery == SignalDelivery.Push ? StreamWish.Push : StreamWish.Poll,
                ["endpoint_url"] = stream.EndpointUrl ?? origin.Value.Link($"/ssf/poll/{stream.Id}").AbsoluteUri,
            },
            ["min_verification_interval"] = (int)options.Value.VerificationInterval.TotalSeconds,
        };
        if (stream.EventsRequested is { } requested)
        {
            description["events_requested"] = Array(requested.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        if (stream.Description is not null)
        {
            description["description"] = stream.Description;
        }

        return description;
    }

    /// <summary>The first property that is ours to say and was sent as something else (8.1.1.3); null when none.</summary>
    public string? Contradiction(SignalStream stream, JsonElement body)
    {
        var ours = Describe(stream);
        return TransmitterSupplied.FirstOrDefault(name =>
            body.TryGetProperty(name, out var sent)
            && !JsonNode.DeepEquals(JsonNode.Parse(sent.GetRawText()), ours[name])
        );
    }

    /// <summary>Changes a stream: what was not sent stays, or with <paramref name="replace"/> goes.</summary>
    public void Apply(SignalStream stream, StreamWish wish, bool replace)
    {
        if (replace || wish.Delivery.IsThere)
        {
            Deliver(stream, wish.Delivery.Value ?? new(SignalDelivery.Poll), replace);
        }

        if (replace || wish.EventsRequested.IsThere)
        {
            stream.EventsRequested = wish.EventsRequested.Value;
        }

        if (replace || wish.Description.IsThere)
        {
            stream.Description = wish.Description.Value;
        }
    }

    /// <summary>Pushes again what the stream still owes: after a pause, or when it had been polled.</summary>
    public async Task ResumeAsync(SignalStream stream, CancellationToken cancellationToken)
    {
        if (stream is not { Status: SignalStreamStatus.Enabled, Delivery: SignalDelivery.Push })
        {
            return;
        }

        foreach (
            var id in await Owed(context, stream.Id).OrderBy(e => e.Id).Select(e => e.Id).ToListAsync(cancellationToken)
        )
        {
            work.Enqueue(PushSignal.Kind, id.ToString());
        }
    }

    /// <summary>The events that a stream's receiver has not taken yet.</summary>
    public static IQueryable<SignalEvent> Owed(IdpDbContext context, string streamId) =>
        context.Set<SignalEvent>().Where(e => e.StreamId == streamId && e.EndedAt == null);

    private void Deliver(SignalStream stream, DeliveryWish wish, bool replace)
    {
        // Security: a header goes to the address that it was given for and to no other.
        var keepsAuthorization = !replace && wish.Authorization is null && wish.EndpointUrl == stream.EndpointUrl;
        if (!keepsAuthorization)
        {
            stream.ProtectedAuthorization = wish.Authorization is { } value ? protector.Protect(value) : null;
        }

        stream.Delivery = wish.Method;
        stream.EndpointUrl = wish.EndpointUrl;
    }

    private static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}
