using Browser.Tests.Pages;
using Browser.Tests.Support;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>Light and dark by choice, words beside every colour, heads that stay, and notifications that are read.</summary>
public sealed class LookJourneys(Chromium chromium) : Journey
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_chosen_look_is_kept_over_pages_and_reloads_and_a_sign_in(bool script)
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var ada = await stage.EnterAsync(new() { ColorScheme = ColorScheme.Light, JavaScriptEnabled = script });
        await ada.GoAsync("/login");
        Assert.False(await IsDarkAsync(ada));
        await ChooseAsync(ada, "Dark");
        Assert.True(await IsDarkAsync(ada));

        await ada.FollowAsync("Reset User Password");
        await ada.SeesHeadingAsync("Reset your password");
        Assert.True(await IsDarkAsync(ada));
        await ada.Page.ReloadAsync();
        Assert.True(await IsDarkAsync(ada));
        await ada.GoAsync("/login");
        await Portal.SignInAsync(ada, "ada@example.test", ProviderFixture.GoodPassword);
        await Expect(ada.Page).ToHaveURLAsync(new Uri(stage.Provider.Origin, "/account").ToString());
        Assert.True(await IsDarkAsync(ada));
        await IsChosenAsync(ada, "Dark");

        // It stands above what the system says, in both directions, until that is chosen.
        await ada.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await ChooseAsync(ada, "Light");
        Assert.False(await IsDarkAsync(ada));
        await ada.Page.ReloadAsync();
        Assert.False(await IsDarkAsync(ada));
        await ChooseAsync(ada, "As the system");
        Assert.True(await IsDarkAsync(ada));
        await ada.Page.ReloadAsync();
        await IsChosenAsync(ada, "As the system");
        await ada.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.False(await IsDarkAsync(ada));
    }

    [Fact]
    public async Task Where_somebody_stands_is_told_in_words_and_by_a_sign_beside_the_colour()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var day = TimeSpan.FromDays(1);
        await CreateAsync(stage, "enrolled", id => stage.EnrollTotpAsync(id));
        await CreateAsync(stage, "expired", id => BeginPeriodAsync(stage, id, 1));
        stage.Time.Advance(2 * day);
        await CreateAsync(stage, "enrolling", id => BeginPeriodAsync(stage, id, 7));
        await CreateAsync(stage, "other", _ => Task.CompletedTask);
        await stage.Provider.CreateAccountAsync(
            "locked@example.test",
            with: a => a.LockoutEnd = stage.Time.GetUtcNow() + day
        );
        await stage.Provider.CreateAccountAsync(
            "suspended@example.test",
            with: a => a.SuspendedAt = stage.Time.GetUtcNow()
        );
        var root = await stage.EnterConsoleAsync();
        // A person who sees no colours, or whose system has put its own in their place.
        await root.Page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active });
        await root.GoAsync("/admin/users?cols=Mfa.State");

        foreach (
            var (name, mfa, state) in new[]
            {
                ("enrolled", "Enrolled", "Active"),
                ("enrolling", "Enrolling (6 days left)", "Active"),
                ("expired", "Expired", "Active"),
                ("other", "Not required", "Active"),
                ("locked", "Not required", "Locked"),
                ("suspended", "Not required", "Suspended"),
            }
        )
        {
            var words = UserList.Row(root, name + "@example.test").Locator(".status");
            await Expect(words).ToHaveTextAsync([mfa, state]);
            await Expect(words.Locator("svg:visible")).ToHaveCountAsync(2);
        }
    }

    [Theory]
    [InlineData("/admin/users", "Users")]
    [InlineData("/admin/audit", "Audit", Traits = ["soak", "only"])]
    public async Task The_head_of_a_long_table_stays_in_view(string path, string name)
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.CreateManyAsync(40);
        var root = await stage.EnterConsoleAsync();
        await root.GoAsync(path);
        var table = root.Page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });
        var heads = table.GetByRole(AriaRole.Columnheader);
        var rows = table.Locator("tbody").GetByRole(AriaRole.Row);

        await rows.Last.ScrollIntoViewIfNeededAsync();

        await Expect(rows.Last).ToBeInViewportAsync();
        await Expect(rows.First).Not.ToBeInViewportAsync();
        await Expect(heads.Last).ToBeInViewportAsync();
        foreach (var head in await heads.AllAsync())
        {
            Assert.True(
                await head.EvaluateAsync<bool>(
                    """
                    head => {
                      const { x, y, width, height } = head.getBoundingClientRect();
                      return head.contains(document.elementFromPoint(x + width / 2, y + height / 2));
                    }
                    """
                ),
                "A row covers the head."
            );
        }
    }

    [Fact]
    public async Task A_notification_is_read_out_and_stays_until_it_is_read()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync();
        await root.Page.Clock.InstallAsync();
        var toast = await SendResetAsync(stage, root, "ada@example.test");

        // It comes into a region that was there before: else no screen reader says it.
        await root.Page.WaitForFunctionAsync("() => told.includes('A password reset is on its way')");
        await PauseAsync(root);
        // Nobody is there yet.
        await root.Page.Clock.FastForwardAsync(60_000);
        await Expect(toast).ToBeVisibleAsync();

        // As long as somebody points at it, it waits.
        await toast.HoverAsync();
        await root.Page.Clock.FastForwardAsync(60_000);
        await Expect(toast).ToBeVisibleAsync();
        await root.Heading("Users").HoverAsync();
        await root.Page.Clock.FastForwardAsync(5_000);
        await Expect(toast).ToBeVisibleAsync();
        await root.Page.Clock.FastForwardAsync(6_000);
        await Expect(toast).ToHaveCountAsync(0);

        // Nor does it go while it has the keyboard.
        await root.Page.Clock.ResumeAsync();
        toast = await SendResetAsync(stage, root, "ben@example.test");
        await PauseAsync(root);
        await Keyboard.GoToAsync(root, root.Page.GetByRole(AriaRole.Button, new() { Name = "Close" }));
        await root.Page.Clock.FastForwardAsync(60_000);
        await Expect(toast).ToBeVisibleAsync();
        await root.Page.Keyboard.PressAsync("Enter");
        await Expect(toast).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_notification_that_can_be_undone_stays_until_it_is_dismissed()
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync("ada@example.test");
        var root = await stage.EnterConsoleAsync();
        await root.Page.Clock.InstallAsync();
        await root.GoAsync("/admin/users");
        await UserList.ChooseAsync(root, "ada@example.test", "Suspend");
        var dialog = root.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Reason").FillAsync("Left the company");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Suspend" }).ClickAsync();
        var toast = root.Page.GetByRole(AriaRole.Status).GetByText("ada@example.test is suspended.");
        await Expect(toast).ToBeVisibleAsync();

        await PauseAsync(root);
        await root.Page.Clock.FastForwardAsync(600_000);

        await Expect(toast).ToBeVisibleAsync();
        await root.PressAsync("Close");
        await Expect(toast).ToHaveCountAsync(0);
    }

    // An installed clock goes on by itself, and on a slow machine further than the test means it to.
    private static async Task PauseAsync(Person person) =>
        await person.Page.Clock.PauseAtAsync(
            DateTimeOffset.FromUnixTimeMilliseconds(await person.Page.EvaluateAsync<long>("Date.now()")).UtcDateTime
                + TimeSpan.FromMinutes(1)
        );

    private static async Task<ILocator> SendResetAsync(Stage stage, Person root, string email)
    {
        await stage.Provider.CreateAccountAsync(email);
        // What is put into a live region once the page is there.
        await root.Page.AddInitScriptAsync(
            """
            globalThis.told = '';
            addEventListener('DOMContentLoaded', () => {
              for (const region of document.querySelectorAll('[role=status]'))
                new MutationObserver((changes) => {
                  for (const change of changes)
                    for (const node of change.addedNodes) told += node.textContent;
                }).observe(region, { childList: true, subtree: true });
            });
            """
        );
        await root.GoAsync("/admin/users");
        await UserList.ChooseAsync(root, email, "Send password reset");
        await root
            .Page.GetByRole(AriaRole.Dialog)
            .GetByRole(AriaRole.Button, new() { Name = "Send password reset" })
            .ClickAsync();
        var toast = root.Page.GetByRole(AriaRole.Status).GetByText($"A password reset is on its way to {email}.");
        await Expect(toast).ToBeVisibleAsync();
        return toast;
    }

    private static async Task CreateAsync(Stage stage, string name, Func<string, Task> then) =>
        await then((await stage.Provider.CreateAccountAsync(name + "@example.test")).Id);

    private static async Task BeginPeriodAsync(Stage stage, string accountId, int days) =>
        Assert.IsType<EnrollmentPeriodSet.Done>(
            await stage.Provider.InScopeAsync(p =>
                p.GetRequiredService<SetEnrollmentPeriod>()
                    .RunAsync(
                        Actor.CommandLine,
                        accountId,
                        EnrollmentPeriod.Of(days)!.Value,
                        null,
                        Requester.None,
                        TestContext.Current.CancellationToken
                    )
            )
        );

    // Without script the choice is a page of its own that comes back.
    private static async Task ChooseAsync(Person person, string look)
    {
        await person
            .Page.GetByRole(AriaRole.Group, new() { Name = "Look" })
            .GetByRole(AriaRole.Button, new() { Name = look, Exact = true })
            .ClickAsync();
        await IsChosenAsync(person, look);
    }

    private static Task IsChosenAsync(Person person, string look) =>
        Expect(
                person
                    .Page.GetByRole(AriaRole.Group, new() { Name = "Look" })
                    .GetByRole(AriaRole.Button, new() { Pressed = true })
            )
            .ToHaveAccessibleNameAsync(look);

    // By what is seen: the text is lighter than the page.
    private static Task<bool> IsDarkAsync(Person person) =>
        person.Page.EvaluateAsync<bool>(
            """
            () => {
              const lightness = (colour) => colour.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
              const { color, backgroundColor } = getComputedStyle(document.documentElement);
              return lightness(color) > lightness(backgroundColor);
            }
            """
        );
}
