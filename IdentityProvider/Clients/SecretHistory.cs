using System.Text.Json;
using OpenIddict.Abstractions;

namespace IdentityProvider.Clients;

/// <summary>
/// What is kept of a client's secrets beside the one in force, as a property of the client: it travels with the client
/// to every node, and goes with it.
/// </summary>
internal sealed record SecretHistory
{
    public const string Property = "secrets";
    private const int MostRetired = 50;

    public static SecretHistory None { get; } = new();

    /// <summary>When the secret in force was made; null where that was before it was kept.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>The one before, as it rests; null when there is none.</summary>
    public string? Previous { get; init; }

    /// <summary>Until when the one before is taken.</summary>
    public DateTimeOffset PreviousUntil { get; init; }

    /// <summary>Those that were replaced: an old clients file must not bring one back.</summary>
    public IReadOnlyList<string> Retired { get; init; } = [];

    /// <summary>Whether the one before is still taken.</summary>
    public bool Overlaps(DateTimeOffset now) => Previous is not null && now < PreviousUntil;

    /// <summary>The history once a secret was declared, which ends the others at once.</summary>
    public SecretHistory Begin(DateTimeOffset now) => new() { ChangedAt = now, Retired = Retired };

    /// <summary>The history once the secret in force was replaced by a new one.</summary>
    public SecretHistory Replace(string secret, TimeSpan overlap, DateTimeOffset now) =>
        new()
        {
            ChangedAt = now,
            Previous = overlap > TimeSpan.Zero ? secret : null,
            PreviousUntil = now + overlap,
            Retired = [.. Retired.TakeLast(MostRetired - 1), secret],
        };

    public static SecretHistory Of(OpenIddictApplicationDescriptor client) =>
        client.Properties.TryGetValue(Property, out var value) ? value.Deserialize<SecretHistory>() ?? None : None;

    /// <summary>The history in the properties of a client as the engine's row has them.</summary>
    public static SecretHistory Of(string? properties)
    {
        if (properties is null)
        {
            return None;
        }

        using var document = JsonDocument.Parse(properties);
        return document.RootElement.TryGetProperty(Property, out var value)
            ? value.Deserialize<SecretHistory>() ?? None
            : None;
    }

    public void KeepIn(OpenIddictApplicationDescriptor client)
    {
        if (this != None)
        {
            client.Properties[Property] = JsonSerializer.SerializeToElement(this);
        }
    }
}
