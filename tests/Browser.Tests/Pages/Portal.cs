using Browser.Tests.Support;

namespace Browser.Tests.Pages;

/// <summary>Signing in and asking for a reset, in the words of either portal.</summary>
internal sealed record Portal(string SignInPath, string ResetLink, string OtherPortalLink, string HomePath)
{
    public static Portal User { get; } = new("/login", "Reset User Password", "Administrator Login", "/account");

    public static Portal Administrator { get; } =
        new("/login/administrator", "Reset Administrator Password", "User Portal Login", "/admin");

    /// <summary>Fills the sign-in form that is on the screen.</summary>
    public static async Task SignInAsync(Person person, string email, string password)
    {
        await person.FillAsync("Email", email);
        await person.FillAsync("Password", password);
        await person.PressAsync("Sign in");
    }

    /// <summary>From the sign-in page on the screen to the answer.</summary>
    public async Task RequestResetAsync(Person person, string email)
    {
        await person.FollowAsync(ResetLink);
        await person.FillAsync("Email", email);
        await person.PressAsync("Send Reset Request");
    }

    /// <summary>On the page that a mailed link opened.</summary>
    public static async Task ChoosePasswordAsync(Person person, string password)
    {
        await person.FillAsync("New password", password);
        await person.PressAsync("Set password");
    }
}
