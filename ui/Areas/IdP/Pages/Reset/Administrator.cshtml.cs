using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>'Reset Administrator Password'.</summary>
public sealed class AdministratorModel(AskForPasswordReset request, IStringLocalizer<Text> text)
    : ForgotPasswordPage(request, text, Portal.Administrator);
