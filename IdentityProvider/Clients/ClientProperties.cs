using System.Text.Json;

namespace IdentityProvider.Clients;

/// <summary>What the engine keeps of a client as JSON: properties and settings.</summary>
internal static class ClientProperties
{
    /// <summary>The text of that name; null where there is none.</summary>
    public static string? Read(string? properties, string name)
    {
        if (properties is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(properties);
        return document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
