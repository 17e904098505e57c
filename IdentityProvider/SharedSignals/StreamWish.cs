using System.Text.Json;
using IdP.Recovery;

namespace IdentityProvider.SharedSignals;

/// <summary>How a receiver wants its events.</summary>
internal sealed record DeliveryWish(SignalDelivery Method, string? EndpointUrl = null, string? Authorization = null);

/// <summary>A property that was sent or not; null when it is to be deleted.</summary>
internal readonly record struct Sent<T>(bool IsThere, T? Value);

/// <summary>What a receiver says of its stream: the receiver-supplied properties of SSF 1.0, 8.1.1.</summary>
internal sealed record StreamWish(Sent<DeliveryWish> Delivery, Sent<string> EventsRequested, Sent<string> Description)
{
    public const int DescriptionLength = 256;
    public const int EndpointLength = 1024;
    public const string Push = "urn:ietf:rfc:8935";
    public const string Poll = "urn:ietf:rfc:8936";

    private const int AuthorizationLength = 4096;
    private const int EventTypes = 64;
    private const int EventTypeLength = 256;

    /// <summary>Reads a request; without a wish it says what is wrong.</summary>
    public static (StreamWish? Wish, string? Wrong) Read(JsonElement body, ReceiverNetwork network)
    {
        var (delivery, wrongDelivery) = ReadDelivery(body, network);
        var (events, wrongEvents) = ReadEvents(body);
        var (description, wrongDescription) = ReadDescription(body);
        return (wrongDelivery ?? wrongEvents ?? wrongDescription ?? NotOurs(body)) is { } wrong
            ? (null, wrong)
            : (new(delivery, events, description), null);
    }

    // The format of subjects was the receiver's to wish in drafts of the standard, and ours has always been one. When a
    // stream ends for want of activity is the transmitter's to say, and this one's never does.
    private static string? NotOurs(JsonElement body) =>
        body.TryGetProperty("format", out var format)
        && format.ValueKind != JsonValueKind.Null
        && body.Text("format") != SignalSubject.AccountFormat
            ? $"format must be {SignalSubject.AccountFormat}, as which accounts are named."
        : body.TryGetProperty("inactivity_timeout", out var timeout) && timeout.ValueKind != JsonValueKind.Null
            ? "inactivity_timeout is not the receiver's to set; a stream here has none."
        : null;

    private static (Sent<string>, string?) ReadDescription(JsonElement body)
    {
        if (!body.TryGetProperty("description", out var value))
        {
            return default;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Null => (new(true, null), null),
            JsonValueKind.String
                when value.GetString() is { Length: <= DescriptionLength } text && PlainText.Is(text) => (
                new(true, text),
                null
            ),
            _ => (
                default,
                $"description must be at most {DescriptionLength} characters that can be seen, in one line."
            ),
        };
    }

    private static (Sent<string>, string?) ReadEvents(JsonElement body)
    {
        if (!body.TryGetProperty("events_requested", out var value))
        {
            return default;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return (new(true, null), null);
        }

        return
            value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() <= EventTypes
            && value.EnumerateArray().All(IsEventType)
            ? (new(true, string.Join(' ', value.EnumerateArray().Select(e => e.GetString()).Distinct())), null)
            : (default, $"events_requested must be at most {EventTypes} addresses of event types.");
    }

    // An unknown type is no mistake: it is asked for, and not delivered.
    private static bool IsEventType(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: <= EventTypeLength } text
        && Uri.IsWellFormedUriString(text, UriKind.Absolute);

    private static (Sent<DeliveryWish>, string?) ReadDelivery(JsonElement body, ReceiverNetwork network)
    {
        if (!body.TryGetProperty("delivery", out var value))
        {
            return default;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return (new(true, null), null);
        }

        return (value.ValueKind == JsonValueKind.Object ? Text(value, "method") : null) switch
        {
            // Where to poll is ours to say.
            Poll => (new(true, new(SignalDelivery.Poll)), null),
            Push => ReadPush(value, network),
            _ => (default, $"delivery must have the method {Push} or {Poll}."),
        };
    }

    private static (Sent<DeliveryWish>, string?) ReadPush(JsonElement delivery, ReceiverNetwork network)
    {
        if (Text(delivery, "endpoint_url") is not { Length: <= EndpointLength } url || !network.IsEndpoint(url))
        {
            return (default, "delivery.endpoint_url must be https on a public address.");
        }

        var authorization = Text(delivery, "authorization_header");
        var isSent =
            delivery.TryGetProperty("authorization_header", out var header) && header.ValueKind != JsonValueKind.Null;

        // Security: threat 3. Nothing that could end the header's line.
        return isSent && !IsHeaderValue(authorization)
            ? (default, "delivery.authorization_header must be printable ASCII.")
            : (new(true, new(SignalDelivery.Push, url, authorization)), null);
    }

    private static bool IsHeaderValue(string? text) =>
        text is { Length: > 0 and <= AuthorizationLength } && text.All(c => c is >= ' ' and <= '~');

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
