using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>'Reset User Password'.</summary>
public sealed class UserModel(RequestPasswordReset request, IStringLocalizer<Text> text)
    : RequestPage(request, text, Audience.User);
