using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Support;

/// <summary>Somebody at a browser: what they see and do, by the names that the page gives to things.</summary>
internal sealed class Person(IBrowserContext context, string language, bool hasJavaScript) : IAsyncDisposable
{
    private readonly List<string> complaints = [];

    public IPage Page { get; private set; } = null!;

    public IBrowserContext Context => context;

    /// <summary>Two letters.</summary>
    public string Language => language;

    public bool HasJavaScript => hasJavaScript;

    /// <summary>What the browser complained about: errors of scripts, and what the page's own policy forbade.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    public async Task BeginAsync()
    {
        // Long enough for any machine: who waits for what comes, waits no longer than it takes.
        context.SetDefaultTimeout(60_000);
        SetDefaultExpectTimeout(60_000);
        // A notification goes after ten seconds, and a slow machine may look for it later. Where a test has its own clock,
        // that one counts.
        await context.AddInitScriptAsync(
            """
            {
              const wait = globalThis.setTimeout;
              globalThis.setTimeout = (act, time, ...rest) => wait(act, time === 10_000 ? 3_600_000 : time, ...rest);
            }
            """
        );
        Page = await context.NewPageAsync();
        Page.PageError += (_, error) => complaints.Add(error);
        Page.Console += (_, message) =>
        {
            // A page that answers 4xx on purpose is no complaint.
            if (
                message.Type == "error"
                && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)
            )
            {
                complaints.Add(message.Text);
            }
        };
    }

    public Task GoAsync(Uri address) => Page.GotoAsync(address.ToString());

    public Task GoAsync(string path) => Page.GotoAsync(path);

    public ILocator Heading(string text) => Page.GetByRole(AriaRole.Heading, new() { Name = text, Level = 1 });

    public Task SeesHeadingAsync(string text) => Expect(Heading(text)).ToBeVisibleAsync();

    public Task SeesAsync(string text) => Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    public Task FillAsync(string label, string value) =>
        Page.GetByLabel(label, new() { Exact = true }).FillAsync(value);

    public Task PressAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public Task FollowAsync(string link) =>
        Page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();

    public ValueTask DisposeAsync() => context.DisposeAsync();
}
