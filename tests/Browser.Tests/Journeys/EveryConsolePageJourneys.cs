using Browser.Tests.Support;
using Xunit;

namespace Browser.Tests.Journeys;

/// <summary>
/// Every page of the console in every language, light and dark, on a wide and on the narrowest screen. A class of its
/// own, so that it runs beside <see cref="EveryPageJourneys"/>.
/// </summary>
public sealed class EveryConsolePageJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    private static readonly string[] Console =
    [
        "/admin",
        "/admin/users",
        "/admin/users?q=root&mfa=Enrolled&sort=Name",
        "/admin/users/reset-mfa",
        "/admin/users/reset-mfa?all=1",
        "/admin/users/unlock?all=1",
        "/admin/users/extend?all=1",
        "/admin/users/suspend?all=1",
        "/admin/users/send-reset?all=1",
        "/admin/users/activate?all=1",
        "/admin/users?cols=Mfa.State.Group.EnrollUntil.LastSignIn.Created",
        "/admin/users/batches",
        "/admin/administrators",
        "/admin/administrators/roles",
        "/admin/policies?For=Everybody&Days=14",
        "/admin/approvals",
        "/admin/audit",
        "/admin/mail",
        "/admin/endpoints",
        "/admin/endpoints/new/webhook",
        "/admin/endpoints/new/scim",
        "/admin/endpoints/new/ldap",
        "/admin/applications",
        "/admin/applications/journeys",
        "/admin/applications/journeys/secret",
        "/admin/applications/journeys/revoke",
    ];

    [Theory]
    [InlineData("en-GB", 1280, Traits = ["soak", "only"])]
    [InlineData("en-GB", 320, Traits = ["soak", "only"])]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    public async Task Nothing_is_wrong_with_any_page(string locale, int width)
    {
        await using var stage = await ConsoleStage.StartAsync(chromium);
        var root = await stage.EnterConsoleAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
                // The narrowest screen is one that is touched.
                HasTouch = width == 320,
            }
        );
        var ada = await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        await stage.Provider.CreateAccountAsync("ben@example.test");
        foreach (var path in Console.Append($"/admin/users/{ada.Id}"))
        {
            await root.GoAsync(path);
            await root.CheckEveryLookAsync("all" + path.Split('?')[0].Replace(ada.Id, "one").Replace('/', '-'));
        }

        await root.GoAsync("/admin/users");
        await root.Page.Locator("tbody input[type=checkbox]").First.CheckAsync();
        await root.CheckEveryLookAsync("all-admin-users-chosen");
        await root.Page.Locator("tbody input[type=checkbox]").Nth(1).CheckAsync();
        await root.Page.Locator(".selection-bar summary").ClickAsync();
        await root.Page.Locator("button[formaction$=reset-mfa]").ClickAsync();
        await root.Page.Locator("dialog[open] #Why").FillAsync("New phones");
        await root.CheckEveryLookAsync("all-admin-users-dialog");
        await root.Page.Locator("dialog[open] .button-danger").ClickAsync();
        await root.Page.WaitForURLAsync("**/batches/**");
        await root.CheckEveryLookAsync("all-admin-users-batch");
    }
}
