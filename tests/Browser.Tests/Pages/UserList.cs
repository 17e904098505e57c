using Browser.Tests.Support;
using Microsoft.Playwright;

namespace Browser.Tests.Pages;

/// <summary>The console's list of people, in English.</summary>
internal static class UserList
{
    /// <summary>The dialog in which an MFA reset is set up.</summary>
    public static ILocator ResetDialog(Person person) =>
        person.Page.GetByRole(AriaRole.Dialog, new() { Name = "Reset MFA on Users" });

    /// <summary>Somebody's row.</summary>
    public static ILocator Row(Person person, string email) =>
        person
            .Page.GetByRole(AriaRole.Row)
            .Filter(new() { Has = person.Page.GetByRole(AriaRole.Rowheader).Filter(new() { HasText = email }) });

    /// <summary>The menu on somebody's row.</summary>
    public static ILocator Menu(Person person, string name) =>
        person.Page.Locator("summary", new() { HasText = $"More actions for {name}" });

    /// <summary>Chooses in the menu on somebody's row.</summary>
    public static async Task ChooseAsync(Person person, string name, string action)
    {
        await Menu(person, name).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = action, Exact = true }).ClickAsync();
    }

    /// <summary>Chooses in the menu of the bar that rises when people are selected.</summary>
    public static async Task ChooseForSelectedAsync(Person person, string action)
    {
        await person.Page.Locator("summary", new() { HasText = "more actions" }).Last.ClickAsync();
        await person.Page.GetByRole(AriaRole.Button, new() { Name = action, Exact = true }).ClickAsync();
    }
}
