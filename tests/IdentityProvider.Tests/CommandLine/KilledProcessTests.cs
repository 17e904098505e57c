using System.Diagnostics;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>Threat 17: a process that is killed between the commit and the mail.</summary>
public sealed partial class KilledProcessTests
{
    private static readonly System.Collections.Concurrent.ConcurrentQueue<string> Said = new();

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_mail_still_comes_after_the_next_start_with_a_link_that_works(
        IdentityProvider.Data.DatabaseProvider provider
    )
    {
        await using var database = await TestDatabase.CreateAsync(provider);
        var cancelled = TestContext.Current.CancellationToken;
        var origin = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        var pickup = Directory.CreateTempSubdirectory().FullName;

        // A mail server that takes no connection holds the mail back for certain.
        using (
            var first = Start(
                database,
                origin,
                ("Mail:Host", "127.0.0.1"),
                ("Mail:Port", "9"),
                ("Mail:Security", "None"),
                ("Mail:From", "idp@example.test")
            )
        )
        {
            using var browser = new TestBrowser(origin, null);
            await ReadyAsync(browser, first, cancelled);
            Assert.Equal(
                System.Net.HttpStatusCode.SeeOther,
                (
                    await browser.SubmitAsync(
                        await browser.GetAsync("/reset/user"),
                        ("Email", "ada@example.test")
                    )
                ).Status
            );
            first.Kill(entireProcessTree: true);
            await first.WaitForExitAsync(cancelled);
        }

        await using (var context = database.OpenContext())
        {
            // What the killed process held is taken over when its lease has ended.
            await context
                .Set<OutboxEntry>()
                .Where(e => e.DoneAt == null)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(e => e.DueAt, DateTimeOffset.UnixEpoch),
                    cancelled
                );
        }

        using var second = Start(database, origin, ("Mail:PickupDirectory", pickup));
        try
        {
            using var browser = new TestBrowser(origin, null);
            await ReadyAsync(browser, second, cancelled);
            var page = await WaitForResetAsync(browser, pickup, cancelled);
            Assert.Equal(
                System.Net.HttpStatusCode.SeeOther,
                (
                    await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword))
                ).Status
            );
        }
        finally
        {
            second.Kill(entireProcessTree: true);
            Directory.Delete(pickup, recursive: true);
        }
    }

    private static Process Start(
        TestDatabase database,
        Uri origin,
        params (string Name, string Value)[] more
    )
    {
        var start = Executable.Describe([
            .. database.Settings,
            new("ASPNETCORE_ENVIRONMENT", "Development"),
            new("ASPNETCORE_URLS", origin.ToString()),
            new("Origin", origin.ToString()),
            .. more.Select(m => new KeyValuePair<string, string?>(m.Name, m.Value)),
        ]);
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) => Said.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task ReadyAsync(
        TestBrowser browser,
        Process process,
        CancellationToken cancelled
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            Assert.False(
                process.HasExited,
                $"The host has ended: {string.Join(Environment.NewLine, Said)}"
            );
            try
            {
                using var response = await browser.Client.GetAsync(
                    new Uri("/health/ready", UriKind.Relative),
                    patience.Token
                );
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    // Seeded people are also mailed a link to set up their account; the one for a reset is waited for.
    private static async Task<TestPage> WaitForResetAsync(
        TestBrowser browser,
        string pickup,
        CancellationToken cancelled
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            foreach (var file in Directory.GetFiles(pickup, "*.eml"))
            {
                var mail = await MimeKit.MimeMessage.LoadAsync(file, patience.Token);
                if (mail.To.Mailboxes.Single().Address != "ada@example.test")
                {
                    continue;
                }

                var link = LinkToReset().Match(mail.TextBody!).Value;
                if (await browser.OpenAsync(link) is { Heading: "Choose a new password" } page)
                {
                    return page;
                }
            }

            await Task.Delay(100, patience.Token);
        }
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"http\S+/reset/open\?token=\S+")]
    private static partial System.Text.RegularExpressions.Regex LinkToReset();
}
