namespace IdP.Recovery;

/// <summary>Whom an account belongs to: each audience has a portal, a reset link and lifetimes of its own.</summary>
public enum Audience
{
    /// <summary>A person of the organisation; signs in to the user portal.</summary>
    User,

    /// <summary>An account in the role <c>Administrator</c>; signs in to the console as well.</summary>
    Administrator,
}
