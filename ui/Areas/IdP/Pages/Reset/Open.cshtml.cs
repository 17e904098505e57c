using IdP.UI.Links;

namespace IdP.UI.Pages.Reset;

/// <summary>Where the link to a new password leads.</summary>
internal sealed class OpenModel(LinkCookie cookie) : OpenLinkPage(cookie, LinkPurpose.PasswordReset);
