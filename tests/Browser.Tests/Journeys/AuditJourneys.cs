using Browser.Tests.Support;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>An administrator finds out what happened.</summary>
public sealed class AuditJourneys(Chromium chromium) : Journey
{
    private const string Root = "root@example.test";
    private const string Ada = "ada@example.test";

    [Fact]
    public async Task An_administrator_narrows_the_audit_down_and_takes_it_out_as_a_table()
    {
        await using var stage = await StartAsync();
        var root = await SignInAsync(stage);
        await root.FollowAsync("Audit");
        await root.SeesHeadingAsync("Audit");
        await root.SeesAsync("Ada Lovelace was sent a reset link");

        await root.FillAsync("On whom", Ada);
        await root.FillAsync("Reason", "called");
        await root.PressAsync("Filter");
        await root.SeesAsync("The command line unlocked Ada Lovelace");
        await Expect(root.Page.GetByText("was sent a reset link")).ToHaveCountAsync(0);

        await root.Page.Locator("summary", new() { HasText = "Download" }).ClickAsync();
        for (var times = 0; times < 2; times++)
        {
            // The page stays, and so does its button.
            var download = await root.Page.RunAndWaitForDownloadAsync(() => root.PressAsync("Table (CSV)"));
            Assert.Equal("audit.csv", download.SuggestedFilename);
            var table = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
            Assert.Contains("She called from the office", table, StringComparison.Ordinal);
            Assert.DoesNotContain("password-reset.sent", table, StringComparison.Ordinal);
        }

        await root.FollowAsync("Reason: called remove");
        await root.SeesAsync("Ada Lovelace was sent a reset link");
        await root.FollowAsync("Clear all");
        await root.SeesAsync("exported events of the audit");
    }

    [Theory]
    [InlineData("en-GB", 1280)]
    [InlineData("en-GB", 320, Traits = ["soak", "only"])]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    public async Task Nothing_is_wrong_with_the_page(string locale, int width)
    {
        await using var stage = await StartAsync();
        var root = await SignInAsync(
            stage,
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await root.GoAsync("/admin/audit");
        await root.CheckAsync($"audit-{width}");
        await root.GoAsync("/admin/audit?type=account.&account=ada@example.test&reason=called");
        await root.Page.Locator("details.menu summary").Last.ClickAsync();
        await root.CheckAsync($"audit-filtered-{width}");
        await root.GoAsync("/admin/audit?to=2001-01-01");
        await root.CheckAsync($"audit-none-{width}");
        await root.GoAsync("/admin/audit?from=yesterday&account=nobody@example.test");
        await root.CheckAsync($"audit-wrong-{width}");
    }

    private async Task<Stage> StartAsync()
    {
        var stage = await Stage.StartAsync(chromium, settings: ("AccountRecovery:Mfa:RequiredFor", "Nobody"));
        await stage.Provider.CreateAccountAsync(Root, administrator: true, with: a => a.DisplayName = "Grace Hopper");
        var ada = await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        await stage.Provider.InScopeAsync(p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            var from = new Requester("192.0.2.7", "Firefox on Linux");
            return p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    _ =>
                    {
                        audit.Add(AuditEventTypes.ResetSent, ada.Id, Requester.None);
                        audit.Add(AuditEventTypes.FactorAdded, ada.Id, from, reason: "passkey", actorId: ada.Id);
                        return Task.FromResult(
                            audit.Add(
                                AuditEventTypes.Unlocked,
                                ada.Id,
                                from,
                                reason: "administrator",
                                actorId: "command-line",
                                proof: "pwd otp mfa",
                                why: "She called from the office, and her manager knows her voice."
                            )
                        );
                    },
                    TestContext.Current.CancellationToken
                );
        });
        return stage;
    }

    private static async Task<Person> SignInAsync(Stage stage, BrowserNewContextOptions? options = null)
    {
        var root = await stage.EnterAsync(options);
        await root.GoAsync("/login/administrator");
        await root.Page.Locator("input[name=Email]").FillAsync(Root);
        await root.Page.Locator("input[name=Password]").FillAsync(ProviderFixture.GoodPassword);
        await root.Page.Keyboard.PressAsync("Enter");
        await root.Page.WaitForURLAsync("**/admin");
        return root;
    }
}
