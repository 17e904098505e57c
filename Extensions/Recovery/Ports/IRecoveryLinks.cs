namespace IdP.Recovery.Ports;

/// <summary>
/// Port: absolute addresses of the pages that a mail links to, built from the configured origin and never from a
/// request (threat 2).
/// </summary>
public interface IRecoveryLinks
{
    /// <summary>The page that opens a password reset.</summary>
    /// <param name="token">The token in its URL form.</param>
    Uri OpenPasswordReset(string token);

    /// <summary>The page that answers 'this was not me'.</summary>
    /// <param name="token">The token in its URL form.</param>
    Uri ReportNotMe(string token);
}
