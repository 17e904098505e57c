using System.Text.Json;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>An answer of an endpoint that speaks JSON.</summary>
internal sealed record Answer(HttpResponseMessage Response, string Text, JsonElement Json)
{
    public int Status => (int)Response.StatusCode;

    public string AccessToken => Value("access_token");

    public string RefreshToken => Value("refresh_token");

    public string IdToken => Value("id_token");

    public string? Error => Find("error");

    public string Value(string name) =>
        Find(name) ?? throw new Xunit.Sdk.XunitException($"No {name} in {Status} {Text}");

    public string? Find(string name) =>
        Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var value) ? value.ToString() : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        JsonElement json = default;
        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true)
        {
            using var document = JsonDocument.Parse(text);
            json = document.RootElement.Clone();
        }

        return new(response, text, json);
    }
}
