namespace IdentityProvider.OpenId;

/// <summary>How well something of a client works.</summary>
internal enum ClientFindingKind
{
    /// <summary>As it should.</summary>
    Ok,

    /// <summary>It was not tried, or works and could be better.</summary>
    Note,

    /// <summary>It does not.</summary>
    Wrong,
}

/// <summary>One line of what was found.</summary>
/// <param name="Subject">What was tried.</param>
internal sealed record ClientFinding(ClientFindingKind Kind, string Subject, string Text);

/// <summary>By what the client proves itself while it is tried; both null where that is left out.</summary>
/// <param name="Secret">Its secret.</param>
/// <param name="KeyPem">Its private key, PEM.</param>
internal sealed record ClientProofs(string? Secret, string? KeyPem);
