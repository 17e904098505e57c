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

    /// <summary>The page on which a reset is asked for.</summary>
    /// <param name="audience">For which portal.</param>
    Uri ForgotPassword(Audience audience);

    /// <summary>The page that opens an unlocking.</summary>
    /// <param name="token">The token in its URL form.</param>
    Uri OpenUnlock(string token);

    /// <summary>The page that stops another administrator's reset.</summary>
    /// <param name="token">The token in its URL form.</param>
    Uri StopReset(string token);

    /// <summary>Where somebody objects to the reset of their MFA.</summary>
    /// <param name="token">From the mail.</param>
    Uri ObjectToMfaReset(string token);

    /// <summary>The page on which an administrator approves another's reset.</summary>
    /// <param name="requestId">The reset request.</param>
    Uri ApproveReset(Guid requestId);

    /// <summary>The page with a signed-in person's addresses; carries no token.</summary>
    Uri Addresses();

    /// <summary>The page with the services that follow a signed-in person's account; carries no token.</summary>
    Uri Services();

    /// <summary>The page on which a signed-in person sets up a second factor; carries no token.</summary>
    Uri EnrollFactor();
}
