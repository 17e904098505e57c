using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Posts each change, signed as Standard Webhooks 1.0 has it, to a service that has no protocol for it. A password is
/// never in it. While a secret is replaced, both sign.
/// </summary>
internal sealed class WebhookConnector(OutgoingHttp http, TimeProvider time) : IEndpointConnector
{
    public const string KindName = "webhook";

    private const string Url = "url";
    private const string Secret = "secret";
    private const string PreviousSecret = "previousSecret";
    private const string SecretPrefix = "whsec_";
    private const int LeastSecret = 24;
    private const int MostSecret = 64;

    public string Kind => KindName;

    public IReadOnlyList<EndpointField> Fields { get; } =
    [
        new(Url, EndpointFieldType.Address),
        new(Secret, EndpointFieldType.Secret),
        new(PreviousSecret, EndpointFieldType.Secret, Required: false),
    ];

    public CredentialChanges Changes => CredentialChanges.All;

    public string? Flaw(EndpointSettings settings) =>
        KeyOf(settings[Secret]!) is null ? Secret
        : settings[PreviousSecret] is { } previous && KeyOf(previous) is null ? PreviousSecret
        : null;

    public Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken) =>
        PostAsync(
            delivery.Settings,
            delivery.Id,
            TypeOf(delivery.Change),
            delivery.At,
            new JsonObject
            {
                ["account"] = new JsonObject
                {
                    ["id"] = delivery.Account.Target ?? delivery.Account.Id,
                    ["email"] = delivery.Account.Email,
                    ["open"] = delivery.Account.Open,
                },
            },
            cancellationToken
        );

    public async Task<DeliveryOutcome?> TestAsync(EndpointSettings settings, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await PostAsync(settings, Guid.CreateVersion7(now), "endpoint.test", now, [], cancellationToken);
    }

    private async Task<DeliveryOutcome> PostAsync(
        EndpointSettings settings,
        Guid id,
        string type,
        DateTimeOffset at,
        JsonObject data,
        CancellationToken cancellationToken
    )
    {
        var body = new JsonObject
        {
            ["type"] = type,
            ["timestamp"] = at.UtcDateTime.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            ["data"] = data,
        }.ToJsonString();
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Of(Url));
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        var sentAt = time.GetUtcNow().ToUnixTimeSeconds();
        request.Headers.Add("webhook-id", id.ToString("n"));
        request.Headers.Add("webhook-timestamp", FormattableString.Invariant($"{sentAt}"));
        request.Headers.Add(
            "webhook-signature",
            string.Join(
                ' ',
                KeysOf(settings).Select(key => Sign(key, FormattableString.Invariant($"{id:n}.{sentAt}.{body}")))
            )
        );
        var answer = await http.SendAsync(request, cancellationToken);
        return !answer.Succeeded ? answer.Failure()
            : TellsOfError(answer.Body) ? new DeliveryOutcome.NotYet(DeliveryFlaw.ErrorInside, answer.Detail)
            : new DeliveryOutcome.Sent();
    }

    private static string TypeOf(CredentialChanges change) =>
        change switch
        {
            CredentialChanges.PasswordChanged => "account.password_changed",
            CredentialChanges.Locked => "account.locked",
            CredentialChanges.Closed => "account.closed",
            CredentialChanges.Unlocked => "account.unlocked",
            CredentialChanges.Suspended => "account.suspended",
            CredentialChanges.Activated => "account.activated",
            CredentialChanges.SessionsEnded => "account.sessions_ended",
            CredentialChanges.MfaReset => "account.mfa_reset",
            _ => throw new ArgumentOutOfRangeException(nameof(change), change, "Not one change."),
        };

    private static string Sign(byte[] key, string content) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(content)));

    private static IEnumerable<byte[]> KeysOf(EndpointSettings settings) =>
        new[] { settings.Of(Secret), settings[PreviousSecret] }
            .OfType<string>()
            .Select(secret => KeyOf(secret) ?? throw new InvalidOperationException("The secret cannot be read."));

    // 24 to 64 random bytes in base64, as the receivers' libraries want them.
    private static byte[]? KeyOf(string secret)
    {
        var text = secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret[SecretPrefix.Length..] : secret;
        var key = new byte[MostSecret + 1];
        return Convert.TryFromBase64String(text, key, out var length) && length is >= LeastSecret and <= MostSecret
            ? key[..length]
            : null;
    }

    // An answer need not be JSON; one that is may say 'error' beside a 200.
    private static bool TellsOfError(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out var error)
                && error.ValueKind is not (JsonValueKind.Null or JsonValueKind.False);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
