using IdP.UI.Links;

namespace IdP.UI.Pages.ObjectToReset;

/// <summary>Where the link to object to an MFA reset leads.</summary>
internal sealed class OpenModel(LinkCookie cookie) : OpenLinkPage(cookie, LinkPurpose.ObjectToMfaReset);
