using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdP.UI.Links;

/// <summary>Where the pages of this library stand, for the mails that link to them.</summary>
internal sealed class RecoveryLinks(IOptions<OriginOptions> origin, IOptions<RecoveryPagesOptions> pages)
    : IRecoveryLinks
{
    public Uri OpenPasswordReset(string token) => origin.Value.Link($"/reset/open?token={token}");

    public Uri ReportNotMe(string token) => origin.Value.Link($"/not-me/open?token={token}");

    public Uri ForgotPassword(Audience audience) => origin.Value.Link(Portal.Of(audience).ForgotPassword);

    public Uri OpenUnlock(string token) => origin.Value.Link($"/unlock/open?token={token}");

    public Uri StopReset(string token) => origin.Value.Link($"/stop-reset/open?token={token}");

    public Uri ObjectToMfaReset(string token) => origin.Value.Link($"/object/open?token={token}");

    public Uri ApproveReset(Guid requestId) => origin.Value.Link($"/admin/approvals#{requestId}");

    public Uri Addresses() => OfPortal("/account/addresses");

    public Uri Services() => OfPortal("/account/services");

    public Uri EnrollFactor() => origin.Value.Link(pages.Value.AreAlone ? pages.Value.EnrollPath : "/account/security");

    // A host that has no portal of this library leads home.
    private Uri OfPortal(string path) => origin.Value.Link(pages.Value.AreAlone ? "/" : path);
}
