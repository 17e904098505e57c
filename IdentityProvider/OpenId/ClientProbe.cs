using System.Text.Json;

namespace IdentityProvider.OpenId;

/// <summary>Asks addresses of a client and of this host, as somebody who follows nothing and keeps no cookies.</summary>
internal sealed class ClientProbe(IHttpClientFactory http)
{
    /// <summary>Of the HTTP client, which waits ten seconds.</summary>
    public const string Http = "clients-check";

    /// <summary>The answer, or why there is none.</summary>
    public async Task<(HttpResponseMessage? Answer, string? Flaw)> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (
                await http.CreateClient(Http)
                    .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
                null
            );
        }
        catch (HttpRequestException exception)
        {
            return (
                null,
                exception.HttpRequestError switch
                {
                    HttpRequestError.NameResolutionError => "has a name that nobody knows",
                    HttpRequestError.SecureConnectionError => "has a certificate that is not trusted",
                    _ => "does not answer",
                }
            );
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "does not answer in ten seconds");
        }
    }

    public static string Answered(HttpResponseMessage answer) =>
        answer.Headers.Location is { } location
            ? $"answers {(int)answer.StatusCode} and leads to {location}"
            : $"answers {(int)answer.StatusCode}";

    /// <summary>What an answer of JSON says under a name; null where it says nothing of that.</summary>
    public static async Task<string?> ReadAsync(
        HttpResponseMessage answer,
        string name,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(name, out var value)
                ? value.ToString()
                : null;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
