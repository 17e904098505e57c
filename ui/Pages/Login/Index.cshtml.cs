using IdP.Recovery;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>The user portal's sign-in.</summary>
public sealed class IndexModel(SignInWithPassword signIn, IStringLocalizer<Text> text)
    : SignInPage(signIn, text, Audience.User);
