using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>Threat 17: a process that is killed between the commit and the mail.</summary>
[StartsProcesses]
public sealed partial class KilledProcessTests
{
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
            var first = ProviderProcess.Start(
                database,
                origin,
                origin,
                ("Mail:Host", "127.0.0.1"),
                ("Mail:Port", "9"),
                ("Mail:Security", "None"),
                ("Mail:From", "idp@example.test")
            )
        )
        {
            using var browser = new TestBrowser(origin, null);
            await first.ReadyAsync();
            Assert.Equal(
                System.Net.HttpStatusCode.SeeOther,
                (await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"))).Status
            );
            await first.KillAsync();
        }

        if (provider == IdentityProvider.Data.DatabaseProvider.PostgreSql)
        {
            // With other nodes beside it, what a killed process held is taken over when its lease has ended.
            await using var context = database.OpenContext();
            await context
                .Set<OutboxEntry>()
                .Where(e => e.DoneAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, DateTimeOffset.UnixEpoch), cancelled);
        }

        using var second = ProviderProcess.Start(database, origin, origin, ("Mail:PickupDirectory", pickup));
        try
        {
            using var browser = new TestBrowser(origin, null);
            await second.ReadyAsync();
            var page = await WaitForResetAsync(browser, pickup, cancelled);
            Assert.Equal(
                System.Net.HttpStatusCode.SeeOther,
                (await browser.SubmitAsync(page, ("Password", ProviderFixture.BetterPassword))).Status
            );
        }
        finally
        {
            await second.KillAsync();
            Directory.Delete(pickup, recursive: true);
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
