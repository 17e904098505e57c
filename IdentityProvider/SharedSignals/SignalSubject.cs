using System.Text.Json;
using System.Text.Json.Nodes;
using IdP.Recovery;

namespace IdentityProvider.SharedSignals;

/// <summary>Subjects (RFC 9493): how events name them, and how receivers do.</summary>
/// <param name="AccountId">The account's id, if it is named by that.</param>
/// <param name="Address">The account's address, if it is named by that.</param>
/// <param name="Key">Under which an exclusion of it is kept.</param>
internal sealed record SignalSubject(string? AccountId, string? Address, string Key)
{
    /// <summary>The format in which events name an account.</summary>
    public const string AccountFormat = "iss_sub";

    private const int Length = 512;

    /// <summary>An account in an event.</summary>
    public static JsonObject Account(string issuer, string accountId) =>
        new()
        {
            ["format"] = AccountFormat,
            ["iss"] = issuer,
            ["sub"] = accountId,
        };

    /// <summary>A session in an event, with its account (SSF 1.0, 3.3).</summary>
    public static JsonObject Session(string issuer, string accountId, string sessionId) =>
        new()
        {
            ["format"] = "complex",
            ["user"] = Account(issuer, accountId),
            ["session"] = Opaque(sessionId),
        };

    public static JsonObject Opaque(string id) => new() { ["format"] = "opaque", ["id"] = id };

    /// <summary>Under which names an account may have been excluded.</summary>
    public static string[] KeysOf(string accountId, string? address) =>
        address is null ? [KeyOf(accountId)] : [KeyOf(accountId), KeyOf(address)];

    /// <summary>
    /// What a receiver named: <c>iss_sub</c>, <c>opaque</c> (the id of <c>iss_sub</c>'s <c>sub</c>) or <c>email</c>;
    /// null when it is none of these.
    /// </summary>
    public static SignalSubject? Read(JsonElement body, string issuer)
    {
        if (!body.TryGetProperty("subject", out var subject) || subject.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return subject.Text("format") switch
        {
            "iss_sub" when subject.Text("iss") is { Length: <= Length } iss && ById(subject.Text("sub")) is { } named =>
                iss == issuer ? named : named with { AccountId = null, Key = KeyOf(iss + ' ' + named.AccountId) },
            "opaque" => ById(subject.Text("id")),
            "email" when subject.Text("email") is { Length: <= Length } email => EmailAddress.Normalize(email)
                is { } address
                ? new(null, address, KeyOf(address))
                : null,
            _ => null,
        };
    }

    private static SignalSubject? ById(string? id) =>
        id is { Length: > 0 and <= Length } ? new(id, null, KeyOf(id)) : null;

    private static string KeyOf(string name) => Convert.ToHexStringLower(Secrets.Fingerprint(name));
}
