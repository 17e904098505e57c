using Browser.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Browser.Tests.Pages;

/// <summary>The sample application as people see it.</summary>
internal static class SampleApplication
{
    public static async Task AskForSignInAsync(Person person, Stage stage)
    {
        await person.GoAsync(stage.Sample);
        await person.FollowAsync("Sign in");
    }

    public static async Task IsSignedInAsync(Person person, Stage stage, string name)
    {
        await Expect(person.Page).ToHaveURLAsync(stage.Sample.ToString());
        await person.SeesHeadingAsync($"Hello, {name}");
    }

    /// <summary>Looks again: what the application thinks now.</summary>
    public static async Task IsSignedOutAsync(Person person, Stage stage)
    {
        await person.GoAsync(stage.Sample);
        await person.SeesHeadingAsync("Sample application");
    }
}
