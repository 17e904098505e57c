using IdP.Recovery;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdP.UI.Input;

/// <summary>Where the pages of this library stand, for the mails that link to them.</summary>
internal sealed class RecoveryLinks(IOptions<OriginOptions> origin) : IRecoveryLinks
{
    public Uri OpenPasswordReset(string token) => origin.Value.Link($"/reset/open?token={token}");

    public Uri ReportNotMe(string token) => origin.Value.Link($"/not-me/open?token={token}");
}
