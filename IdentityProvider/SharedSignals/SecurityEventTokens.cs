using System.Text.Json;
using IdentityProvider.SigningKeys;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.SharedSignals;

/// <summary>
/// Makes the token of an event (RFC 8417; SSF 1.0, 4.1): one event, a <c>sub_id</c>, no <c>sub</c> and no <c>exp</c>.
/// It is signed anew at every try, with the key of that time.
/// </summary>
internal sealed class SecurityEventTokens(SigningKeySet keys, SignalStreams streams)
{
    public string Create(SignalStream stream, SignalEvent sent)
    {
        // RS256 of 2048 bits is what every receiver takes (CAEP Interoperability Profile).
        var key = keys.Usable.First(k => k.Algorithm == SecurityAlgorithms.RsaSha256).Key;
        var descriptor = new SecurityTokenDescriptor
        {
            TokenType = "secevent+jwt",
            Issuer = streams.Issuer,
            Audience = stream.ClientId,
            IssuedAt = sent.IssuedAt.UtcDateTime,
            SigningCredentials = new(key, SecurityAlgorithms.RsaSha256),
            Claims = new Dictionary<string, object>
            {
                ["jti"] = NameOf(sent.Id),
                ["txn"] = NameOf(sent.Transaction),
                ["sub_id"] = JsonSerializer.Deserialize<JsonElement>(sent.Subject),
                ["events"] = JsonSerializer.SerializeToElement(
                    new Dictionary<string, JsonElement>
                    {
                        [sent.EventType] = JsonSerializer.Deserialize<JsonElement>(sent.Content),
                    }
                ),
            },
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    /// <summary>An id in the form that tokens and acknowledgements have.</summary>
    public static string NameOf(Guid id) => id.ToString("n");
}
