using System.Net;
using System.Text;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace IdP.Recovery.AttackKit;

/// <summary>A browser without JavaScript: keeps cookies, fills forms, follows redirects only when asked.</summary>
internal sealed class Visitor : IDisposable
{
    private readonly HttpClient client;

    public Visitor(Uri node)
    {
        client = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies })
        {
            BaseAddress = node,
        };
        client.DefaultRequestHeaders.Add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AttackKit");
        client.DefaultRequestHeaders.Add("Accept-Language", "en");
    }

    public CookieContainer Cookies { get; } = new();

    public Uri Node => client.BaseAddress!;

    /// <summary>Sends a header with every request from now on.</summary>
    public void Always(string name, string value)
    {
        if (name == "Host")
        {
            client.DefaultRequestHeaders.Host = value;
        }
        else
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    public async Task<Answer> GetAsync(string address, CancellationToken cancellationToken) =>
        await Answer.ReadAsync(await client.GetAsync(new Uri(Node, address), cancellationToken), cancellationToken);

    public async Task<Answer> OpenAsync(string address, CancellationToken cancellationToken)
    {
        var answer = await GetAsync(address, cancellationToken);
        for (var i = 0; i < 10 && answer.Location is { } next; i++)
        {
            answer = await GetAsync(next.ToString(), cancellationToken);
        }

        return answer;
    }

    /// <summary>Sends the first form that has all these fields, with its own values beside; null where there is none.</summary>
    public async Task<Answer?> SubmitAsync(
        Answer page,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] fields
    )
    {
        var form = page
            .Document.Forms.Where(f => f.Method == "post")
            .OrderBy(f => f.Closest("main") is null)
            // Of two that take the fields, the one that asks for less besides: to remove, not to rename.
            .ThenBy(f => f.Elements.OfType<IHtmlInputElement>().Count(i => i.Type is "text"))
            .FirstOrDefault(f => fields.All(field => f.Elements[field.Name] is not null));
        if (form is null)
        {
            return null;
        }

        var own = form
            .Elements.OfType<IHtmlInputElement>()
            .Where(i => i.Name is { Length: > 0 } && fields.All(f => f.Name != i.Name))
            .Where(i => i.Type is not ("checkbox" or "radio" or "submit" or "button"))
            .Select(i => (i.Name!, i.Value));
        return await PostAsync(
            new Uri(page.Address, form.GetAttribute("action") is { Length: > 0 } to ? to : ""),
            Encode(own.Concat(fields)),
            cancellationToken
        );
    }

    public async Task<Answer> PostAsync(Uri address, string body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        return await Answer.ReadAsync(await client.PostAsync(address, content, cancellationToken), cancellationToken);
    }

    public static string Encode(IEnumerable<(string Name, string Value)> fields) =>
        string.Join('&', fields.Select(f => $"{Uri.EscapeDataString(f.Name)}={Uri.EscapeDataString(f.Value)}"));

    public void Dispose() => client.Dispose();
}

/// <summary>What a host answered.</summary>
internal sealed record Answer(
    Uri Address,
    HttpStatusCode Status,
    Uri? Location,
    IReadOnlyDictionary<string, string> Headers,
    string Body
)
{
    public IHtmlDocument Document { get; } = new HtmlParser().ParseDocument(Body);

    /// <summary>The hidden fields of the first form that has a field; of the first one at all where none has.</summary>
    public IReadOnlyList<(string Name, string Value)> HiddenBeside(string field)
    {
        var posts = Document.Forms.Where(f => f.Method == "post").ToList();
        var form = posts.FirstOrDefault(f => f.Elements[field] is not null) ?? posts[0];
        return
        [
            .. form
                .Elements.OfType<IHtmlInputElement>()
                .Where(i => i.Type == "hidden" && i.Name is { Length: > 0 } && i.Name != field)
                .Select(i => (i.Name!, i.Value)),
        ];
    }

    public bool IsRedirect => Location is not null;

    public bool IsRefused => (int)Status is >= 400 and < 500;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            var address = response.RequestMessage!.RequestUri!;
            return new(
                address,
                response.StatusCode,
                (int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } to
                    ? new Uri(address, to)
                    : null,
                response
                    .Headers.Concat(response.Content.Headers)
                    .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase),
                await response.Content.ReadAsStringAsync(cancellationToken)
            );
        }
    }
}
