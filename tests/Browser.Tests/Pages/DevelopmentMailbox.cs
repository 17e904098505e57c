using Browser.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Pages;

/// <summary>The mailbox that catches every mail in development.</summary>
internal static class DevelopmentMailbox
{
    /// <summary>Waits for a mail and opens the newest.</summary>
    public static async Task OpenNewestAsync(Person person)
    {
        await person.GoAsync("/dev/mail");
        var newest = person.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link).First;
        for (var i = 0; i < 60 && !await newest.IsVisibleAsync(); i++)
        {
            await person.Page.WaitForTimeoutAsync(250);
            await person.Page.ReloadAsync();
        }

        await newest.ClickAsync();
    }

    public static async Task FollowLinkAsync(Person person)
    {
        var link = person.Page.Locator("a[href*='/reset/open']").First;
        await Expect(link).ToBeVisibleAsync();
        await link.ClickAsync();
    }
}
