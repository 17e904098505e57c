using System.Text.Json;
using System.Text.Json.Nodes;
using Fido2NetLib;
using Fido2NetLib.Objects;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>What a browser has sent, as JSON.</summary>
internal static class BrowserAnswer
{
    private const int Longest = 16 * 1024;

    /// <summary>Reads it; null where it is none, or too long.</summary>
    public static TAnswer? Read<TAnswer>(string? json)
        where TAnswer : class
    {
        if (json is null or { Length: > Longest })
        {
            return null;
        }

        try
        {
            var answer = JsonNode.Parse(json);

            // Words that later years will have for it are passed over (WebAuthn 5.2.1.1).
            if (answer?["response"] is JsonObject response && response["transports"] is JsonArray ways)
            {
                response["transports"] = new JsonArray([
                    .. ways.Where(w => w?.GetValueKind() == JsonValueKind.String && IsKnown((string)w!))
                        .Select(w => w!.DeepClone()),
                ]);
            }

            return answer.Deserialize<TAnswer>();
        }
        catch (Exception exception)
            when (exception is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether a way to reach an authenticator is one that there is a word for today.</summary>
    public static bool IsKnown(string transport) =>
        EnumNameMapper<AuthenticatorTransport>.GetNames().Contains(transport);
}
