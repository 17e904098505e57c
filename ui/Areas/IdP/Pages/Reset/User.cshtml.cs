using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>'Reset User Password'.</summary>
public sealed class UserModel(AskForPasswordReset request, IStringLocalizer<Text> text)
    : ForgotPasswordPage(request, text, Portal.User);
