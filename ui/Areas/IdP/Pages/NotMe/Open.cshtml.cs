using IdP.UI.Links;

namespace IdP.UI.Pages.NotMe;

/// <summary>Where 'this was not me' leads.</summary>
internal sealed class OpenModel(LinkCookie cookie) : OpenLinkPage(cookie, LinkPurpose.NotMe);
