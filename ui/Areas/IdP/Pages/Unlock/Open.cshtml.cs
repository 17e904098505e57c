using IdP.UI.Links;

namespace IdP.UI.Pages.Unlock;

/// <summary>Where the link to unlock leads.</summary>
internal sealed class OpenModel(LinkCookie cookie) : OpenLinkPage(cookie, LinkPurpose.Unlock);
