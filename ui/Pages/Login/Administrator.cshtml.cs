using IdP.Recovery;
using IdP.Recovery.SignIn;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Login;

/// <summary>The console's sign-in.</summary>
public sealed class AdministratorModel(SignInWithPassword signIn, IStringLocalizer<Text> text)
    : SignInPage(signIn, text, Audience.Administrator);
