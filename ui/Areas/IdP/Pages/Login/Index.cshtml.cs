using IdP.Recovery.SignIn;
using IdP.UI.Links;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>The user portal's sign-in.</summary>
internal sealed class IndexModel(SignInWithPassword signIn, LinkCookie cookie, IStringLocalizer<Text> text)
    : SignInPage(signIn, cookie, text, Portal.User);
