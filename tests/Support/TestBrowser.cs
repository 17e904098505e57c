using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Xunit;

namespace Tests.Support;

/// <summary>A browser without JavaScript: keeps cookies, fills forms with their hidden fields, follows when asked.</summary>
internal sealed class TestBrowser : IDisposable
{
    private const string UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    public TestBrowser(Uri origin, string? language)
    {
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies })
        {
            BaseAddress = origin,
        };
        Client.DefaultRequestHeaders.Add("User-Agent", UserAgent);
        Client.DefaultRequestHeaders.Add("Accept-Language", language ?? "en");
    }

    public HttpClient Client { get; }

    public CookieContainer Cookies { get; } = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public Task<TestPage> GetAsync(Uri address) => GetAsync(address.ToString());

    public async Task<TestPage> GetAsync(string address) =>
        await TestPage.ReadAsync(await Client.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute), Cancelled));

    /// <summary>Gets a page and goes where it leads.</summary>
    public async Task<TestPage> OpenAsync(string address) => await FollowAsync(await GetAsync(address));

    /// <summary>Goes where redirects lead.</summary>
    public async Task<TestPage> FollowAsync(TestPage page)
    {
        for (var i = 0; page.RedirectsTo is { } next; i++)
        {
            Assert.True(i < 10, $"Redirects without end, last to {next}");
            page = await GetAsync(next);
        }

        return page;
    }

    /// <summary>Fills the fields of the page's first form that has them all, sends it, and follows nothing.</summary>
    public async Task<TestPage> SubmitAsync(TestPage page, params (string Name, string? Value)[] fields)
    {
        var form = page
            .Document.Forms.Where(f => f.Method == "post")
            .FirstOrDefault(f => fields.All(field => f.Elements[field.Name] is not null));
        Assert.True(form is not null, $"No form with {string.Join(", ", fields)} in {page.Text}");
        return await SubmitAsync(page, form, fields);
    }

    /// <summary>Sends one form of the page with its own values and the given ones.</summary>
    public async Task<TestPage> SubmitAsync(
        TestPage page,
        IHtmlFormElement form,
        params (string Name, string? Value)[] fields
    )
    {
        var given = fields.ToDictionary(f => f.Name, f => f.Value);
        var values = form
            .Elements.OfType<IHtmlInputElement>()
            .Where(i => i.Name is { Length: > 0 } && !given.ContainsKey(i.Name))
            .Where(i => i.Type is not ("checkbox" or "radio") || i.IsChecked)
            .Where(i => i.Type is not ("submit" or "button"))
            .Select(i => KeyValuePair.Create(i.Name!, i.Value))
            .Concat(fields.Select(f => KeyValuePair.Create(f.Name, f.Value ?? "")));
        var action = form.GetAttribute("action") is { Length: > 0 } own ? own : "";
        using var content = new FormUrlEncodedContent(values);
        return await TestPage.ReadAsync(await Client.PostAsync(new Uri(page.Address, action), content, Cancelled));
    }

    public void Dispose() => Client.Dispose();
}

/// <summary>An answer, read as a page where it is one.</summary>
internal sealed record TestPage(HttpResponseMessage Response, IHtmlDocument Document, string Text)
{
    public Uri Address => Response.RequestMessage!.RequestUri!;

    public HttpStatusCode Status => Response.StatusCode;

    /// <summary>Where it sends the browser, in full; null where it does not.</summary>
    public string? RedirectsTo =>
        (int)Status is >= 300 and < 400 && Response.Headers.Location is { } location
            ? new Uri(Address, location).ToString()
            : null;

    public string? Heading => Document.QuerySelector("h1")?.TextContent.Trim();

    public static async Task<TestPage> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(response, new HtmlParser().ParseDocument(text), text);
    }
}
