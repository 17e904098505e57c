using Browser.Tests.Support;
using Microsoft.Playwright;

namespace Browser.Tests.Pages;

/// <summary>The mailbox that catches every mail in development.</summary>
internal static class DevelopmentMailbox
{
    /// <summary>Waits for a mail to somebody and opens the newest.</summary>
    public static async Task OpenNewestAsync(Person person, string address)
    {
        await person.GoAsync("/dev/mail");
        var newest = person
            .Page.GetByRole(AriaRole.Listitem)
            .Filter(new() { HasText = address })
            .GetByRole(AriaRole.Link)
            .First;
        for (var i = 0; i < 60 && !await newest.IsVisibleAsync(); i++)
        {
            await person.Page.WaitForTimeoutAsync(250);
            await person.Page.ReloadAsync();
        }

        await newest.ClickAsync();
    }

    public static Task FollowLinkAsync(Person person) => person.FollowAsync("Open the link in this mail");
}
