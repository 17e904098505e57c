namespace IdentityProvider.Sessions;

/// <summary>The authentication schemes of the host.</summary>
internal static class SessionSchemes
{
    /// <summary>Reads the session's cookie.</summary>
    public const string Session = "session";

    /// <summary>Writes it. A handler of its own, since one that has read a cookie keeps its key (fixation).</summary>
    public const string Start = "session.start";
}
