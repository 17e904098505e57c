using Browser.Tests.Support;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Journeys;

/// <summary>
/// The whole of 'Resetting MFA for a User', in both languages, by somebody who has a keyboard only: no field is filled
/// and nothing is clicked but by keys.
/// </summary>
public sealed class ResetMfaByKeyboardJourneys(Chromium chromium) : Journey
{
    private static readonly Words English = new(
        AdministratorLogin: "Administrator Login",
        Email: "Email",
        Password: "Password",
        SignIn: "Sign in",
        Users: "Users",
        Select: "Select {0}",
        Selected: "2 selected",
        MoreActions: "more actions",
        ResetMfa: "Reset MFA",
        Dialog: "Reset MFA on Users",
        PasswordStays: "The password stays",
        Days: "Enrollment period in days",
        In14Days: "in 14 days",
        Reason: "Reason",
        Reset: "reset",
        Done: "MFA of Ada Lovelace was reset.",
        DoneMany: "The MFA of 2 people is being reset.",
        Enrolled: "Enrolled",
        Enrolling: "Enrolling (13 days left)"
    );

    private static readonly Words German = new(
        AdministratorLogin: "Anmeldung für Administratoren",
        Email: "E-Mail",
        Password: "Passwort",
        SignIn: "Anmelden",
        Users: "Benutzer",
        Select: "{0} auswählen",
        Selected: "2 ausgewählt",
        MoreActions: "Weitere Aktionen",
        ResetMfa: "MFA zurücksetzen",
        Dialog: "MFA von Benutzern zurücksetzen",
        PasswordStays: "Das Passwort bleibt",
        Days: "Frist zur Einrichtung in Tagen",
        In14Days: "in 14 Tagen",
        Reason: "Grund",
        Reset: "Zurücksetzen",
        Done: "Die MFA von Ada Lovelace wurde zurückgesetzt.",
        DoneMany: "Die MFA von 2 Leuten wird zurückgesetzt.",
        Enrolled: "Eingerichtet",
        Enrolling: "Einrichtung (noch 13 Tage)"
    );

    [Theory]
    [InlineData("en-GB", 1280)]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320, Traits = ["soak", "only"])]
    public async Task From_the_users_details(string locale, int width)
    {
        await using var stage = await StartAsync();
        var (root, words) = await EnterAsync(stage, locale, width);
        await PressAsync(root, AriaRole.Link, words.Users);
        await root.SeesHeadingAsync(words.Users);

        // Select the user that needs to reset their MFA. Click on their MFA status, then click Reset MFA.
        await PressAsync(root, AriaRole.Link, "Ada Lovelace");
        await root.SeesHeadingAsync("Ada Lovelace");
        var status = root.Page.Locator("summary", new() { HasText = words.Enrolled });
        await PressAsync(root, status);
        await PressAsync(root, AriaRole.Link, words.ResetMfa);

        // The dialog has the keyboard, holds it, and gives it back to where it was.
        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = words.Dialog });
        await Expect(dialog).ToContainTextAsync(words.PasswordStays);
        await HoldsFocusAsync(root, dialog);
        await root.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(status).ToBeFocusedAsync();

        // Set the enrollment period for the user. Click reset.
        await PressAsync(root, status);
        await PressAsync(root, AriaRole.Link, words.ResetMfa);
        await Expect(dialog).ToBeVisibleAsync();
        await TypeAsync(root, dialog.GetByLabel(words.Days), "14");
        await Expect(dialog).ToContainTextAsync(words.In14Days);
        await TypeAsync(root, dialog.GetByLabel(words.Reason), "Lost her phone");
        await PressAsync(root, dialog.GetByRole(AriaRole.Button, new() { Name = words.Reset, Exact = true }));

        // You are notified of a successful MFA reset.
        await Expect(root.Page.GetByRole(AriaRole.Status).Filter(new() { HasText = words.Done })).ToBeVisibleAsync();
        await root.SeesAsync(words.Enrolling);
        await root.CheckAsync("keyboard-details");
    }

    [Theory]
    [InlineData("en-GB", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 1280, Traits = ["soak", "only"])]
    [InlineData("de-DE", 320)]
    public async Task From_the_users_list(string locale, int width)
    {
        await using var stage = await StartAsync();
        var (root, words) = await EnterAsync(stage, locale, width);
        await PressAsync(root, AriaRole.Link, words.Users);
        await root.SeesHeadingAsync(words.Users);

        // Select the user or users. Click more actions, then select Reset MFA.
        foreach (var name in new[] { "Ada Lovelace", "Ben Franklin" })
        {
            var box = root.Page.GetByLabel(
                string.Format(System.Globalization.CultureInfo.InvariantCulture, words.Select, name)
            );
            await Keyboard.GoToAsync(root, box);
            await root.Page.Keyboard.PressAsync("Space");
            await Expect(box).ToBeCheckedAsync();
        }

        await root.SeesAsync(words.Selected);
        var menu = root.Page.Locator(".selection-bar summary", new() { HasText = words.MoreActions });
        await PressAsync(root, menu);
        await PressAsync(root, AriaRole.Button, words.ResetMfa);

        var dialog = root.Page.GetByRole(AriaRole.Dialog, new() { Name = words.Dialog });
        await Expect(dialog).ToContainTextAsync("Ada Lovelace");
        await Expect(dialog).ToContainTextAsync("Ben Franklin");
        await HoldsFocusAsync(root, dialog);
        await root.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(menu).ToBeFocusedAsync();

        // Optionally, apply an enrollment period. Click reset.
        await PressAsync(root, menu);
        await PressAsync(root, AriaRole.Button, words.ResetMfa);
        await Expect(dialog).ToBeVisibleAsync();
        await TypeAsync(root, dialog.GetByLabel(words.Reason), "Neue Telefone");
        await PressAsync(root, dialog.GetByRole(AriaRole.Button, new() { Name = words.Reset, Exact = true }));

        await Expect(root.Page.GetByRole(AriaRole.Status).Filter(new() { HasText = words.DoneMany }))
            .ToBeVisibleAsync();
        await root.CheckAsync("keyboard-list");
    }

    // Go to the sign-in. Login as an administrator.
    private static async Task<(Person Root, Words Words)> EnterAsync(Stage stage, string locale, int width)
    {
        var words = locale == "de-DE" ? German : English;
        var root = await stage.EnterAsync(
            new()
            {
                Locale = locale,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        await root.GoAsync("/login");
        await PressAsync(root, AriaRole.Link, words.AdministratorLogin);
        await root.Page.WaitForURLAsync("**/login/administrator");
        await TypeAsync(root, root.Page.GetByLabel(words.Email, new() { Exact = true }), ConsoleStage.Root);
        await TypeAsync(
            root,
            root.Page.GetByLabel(words.Password, new() { Exact = true }),
            ProviderFixture.GoodPassword
        );
        await PressAsync(root, AriaRole.Button, words.SignIn);
        await Expect(root.Page.GetByRole(AriaRole.Main)).ToBeVisibleAsync();
        return (root, words);
    }

    private static async Task PressAsync(Person person, ILocator target)
    {
        await Keyboard.GoToAsync(person, target);
        await person.Page.Keyboard.PressAsync("Enter");
    }

    private static Task PressAsync(Person person, AriaRole role, string name) =>
        PressAsync(person, person.Page.GetByRole(role, new() { Name = name, Exact = true }));

    private static async Task TypeAsync(Person person, ILocator field, string text)
    {
        await Keyboard.GoToAsync(person, field);
        await person.Page.Keyboard.PressAsync("Control+A");
        await person.Page.Keyboard.TypeAsync(text);
    }

    // From the last thing in a dialog Tab may lead to the browser's own bars, but not to the page behind it.
    private static async Task HoldsFocusAsync(Person person, ILocator dialog)
    {
        Assert.True(
            await dialog.EvaluateAsync<bool>("d => d.contains(document.activeElement)"),
            "The dialog did not take the focus."
        );
        var stops = await dialog.Locator("a[href], button, input:not([type=hidden])").CountAsync();
        for (var i = 0; i <= stops + 1; i++)
        {
            await person.Page.Keyboard.PressAsync("Tab");
            Assert.True(
                await dialog.EvaluateAsync<bool>(
                    "d => d.contains(document.activeElement) || document.activeElement === document.body"
                ),
                "Tab led out of the dialog into the page behind it."
            );
        }
    }

    private async Task<Stage> StartAsync()
    {
        var stage = await ConsoleStage.StartAsync(chromium);
        foreach (var (email, name) in new[] { ("ada", "Ada Lovelace"), ("ben", "Ben Franklin") })
        {
            var account = await stage.Provider.CreateAccountAsync(
                email + "@example.test",
                with: a => a.DisplayName = name
            );
            await stage.EnrollTotpAsync(account.Id);
        }

        return stage;
    }

    private sealed record Words(
        string AdministratorLogin,
        string Email,
        string Password,
        string SignIn,
        string Users,
        string Select,
        string Selected,
        string MoreActions,
        string ResetMfa,
        string Dialog,
        string PasswordStays,
        string Days,
        string In14Days,
        string Reason,
        string Reset,
        string Done,
        string DoneMany,
        string Enrolled,
        string Enrolling
    );
}
