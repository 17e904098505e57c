using System.IO.Compression;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>What a page of the console weighs with its files, as a published host sends them to a browser.</summary>
/// <param name="Bytes">Over the wire.</param>
internal sealed record PageWeight(long Bytes, IHtmlDocument Document)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<PageWeight> OfAsync(TestBrowser browser, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.AcceptEncoding.Add(new("gzip"));
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var page = await browser.Client.SendAsync(request, Cancelled);
        Assert.Contains("gzip", page.Content.Headers.ContentEncoding);
        using var wire = new MemoryStream();
        await page.Content.CopyToAsync(wire, Cancelled);
        wire.Position = 0;
        await using var plain = new GZipStream(wire, CompressionMode.Decompress, leaveOpen: true);
        using var reader = new StreamReader(plain);
        var read = new HtmlParser().ParseDocument(await reader.ReadToEndAsync(Cancelled));
        var bytes = wire.Length;
        foreach (var file in FilesOf(read))
        {
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                await gzip.WriteAsync(
                    await browser.Client.GetByteArrayAsync(new Uri(file, UriKind.Relative), Cancelled),
                    Cancelled
                );
            }

            bytes += packed.Length;
        }

        return new(bytes, read);
    }

    public static IEnumerable<string> FilesOf(IHtmlDocument page) =>
        page.QuerySelectorAll("script[src], link[rel=stylesheet]")
            .Select(e => e.GetAttribute("src") ?? e.GetAttribute("href")!);
}
