using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Reset;

/// <summary>'Reset Administrator Password'.</summary>
public sealed class AdministratorModel(RequestPasswordReset request, IStringLocalizer<Text> text)
    : RequestPage(request, text, Audience.Administrator);
