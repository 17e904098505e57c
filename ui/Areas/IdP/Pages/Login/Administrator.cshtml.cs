using IdP.Recovery.SignIn;
using IdP.UI.Links;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>The console's sign-in.</summary>
internal sealed class AdministratorModel(SignInWithPassword signIn, LinkCookie cookie, IStringLocalizer<Text> text)
    : SignInPage(signIn, cookie, text, Portal.Administrator);
