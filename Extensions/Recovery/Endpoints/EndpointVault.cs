using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace IdP.Recovery.Endpoints;

/// <summary>Keeps the settings of endpoints, secret ones encrypted for their endpoint and nothing else, and passwords for their receipt.</summary>
internal sealed class EndpointVault
{
    private readonly IDataProtector settings;
    private readonly IDataProtector passwords;

    public EndpointVault(IDataProtectionProvider protection)
    {
        settings = protection.CreateProtector("IdP.Recovery.EndpointSettings.v1");
        passwords = protection.CreateProtector("IdP.Recovery.EndpointPasswords.v1");
    }

    /// <summary>
    /// Reads, makes or renews the ring of keys where it must be. To be called before a transaction that encrypts: it takes
    /// another connection, which on SQLite would wait for the transaction.
    /// </summary>
    public void ReadKeys() => passwords.Protect([]);

    /// <summary>The settings of an endpoint without its secret ones.</summary>
    public static EndpointSettings ReadPlain(ServiceEndpoint endpoint) => new(Parse(endpoint.Settings));

    /// <summary>The settings of an endpoint, secret ones included.</summary>
    /// <exception cref="CryptographicException">They were encrypted with keys that are not there any more.</exception>
    public EndpointSettings Read(ServiceEndpoint endpoint)
    {
        var values = Parse(endpoint.Settings);
        if (endpoint.ProtectedSettings is { } secret)
        {
            foreach (var (name, value) in Parse(Of(settings, endpoint.Id).Unprotect(secret)))
            {
                values[name] = value;
            }
        }

        return new(values);
    }

    /// <summary>Puts settings into an endpoint, each where its field belongs.</summary>
    public void Write(
        ServiceEndpoint endpoint,
        IReadOnlyList<EndpointField> fields,
        IReadOnlyDictionary<string, string> values
    )
    {
        var secret = fields
            .Where(f => f.Type == EndpointFieldType.Secret && values.ContainsKey(f.Name))
            .ToDictionary(f => f.Name, f => values[f.Name]);
        endpoint.Settings = JsonSerializer.Serialize(
            values.Where(v => !secret.ContainsKey(v.Key)).ToDictionary(v => v.Key, v => v.Value)
        );
        endpoint.ProtectedSettings =
            secret.Count == 0 ? null : Of(settings, endpoint.Id).Protect(JsonSerializer.Serialize(secret));
    }

    public string ProtectPassword(Guid receiptId, string password) => Of(passwords, receiptId).Protect(password);

    public string UnprotectPassword(Guid receiptId, string text) => Of(passwords, receiptId).Unprotect(text);

    internal static Dictionary<string, string> Parse(string json) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;

    private static IDataProtector Of(IDataProtector protector, Guid id) => protector.CreateProtector(id.ToString("n"));
}
