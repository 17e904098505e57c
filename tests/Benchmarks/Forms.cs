using System.Net;
using System.Text.RegularExpressions;

namespace Benchmarks;

/// <summary>A browser's part in a form: its cookie and its antiforgery token, fetched once and used many times.</summary>
internal sealed partial class Forms(Uri origin) : IDisposable
{
    private readonly HttpClient http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = 64,
        }
    )
    {
        BaseAddress = origin,
    };

    private string cookie = "";
    private string token = "";

    public static async Task<Forms> OpenAsync(Uri origin, string page)
    {
        var forms = new Forms(origin);
        using var response = await forms.http.GetAsync(new Uri(page, UriKind.Relative));
        var html = await response.Content.ReadAsStringAsync();
        forms.token = WebUtility.HtmlDecode(Token().Match(html).Groups[1].Value);
        forms.cookie = string.Join(
            "; ",
            response.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]).Where(c => !c.EndsWith('='))
        );
        return forms;
    }

    /// <summary>Sends the form.</summary>
    /// <param name="page">Its path.</param>
    /// <param name="client">Whose address the host's proxy names.</param>
    public async Task<HttpStatusCode> PostAsync(string page, string client, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, page);
        request.Headers.Add("Cookie", cookie);
        request.Headers.Add("X-Forwarded-For", client);
        request.Content = new FormUrlEncodedContent(
            fields
                .Append(("__RequestVerificationToken", token))
                .Select(f => new KeyValuePair<string, string>(f.Item1, f.Item2))
        );
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    public void Dispose() => http.Dispose();

    [GeneratedRegex("""name="__RequestVerificationToken"[^>]*value="([^"]+)""")]
    private static partial Regex Token();
}
