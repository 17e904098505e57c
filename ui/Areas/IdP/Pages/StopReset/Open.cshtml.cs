using IdP.UI.Links;

namespace IdP.UI.Pages.StopReset;

/// <summary>Where the link to stop a reset leads.</summary>
internal sealed class OpenModel(LinkCookie cookie) : OpenLinkPage(cookie, LinkPurpose.StopReset);
