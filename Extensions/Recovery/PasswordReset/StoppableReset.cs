namespace IdP.Recovery.PasswordReset;

/// <summary>A reset that a link stops.</summary>
/// <param name="Account">Whose password.</param>
/// <param name="From">Who asked, in words a person can check.</param>
/// <param name="CompletedAt">When it was done; null where it was not.</param>
/// <param name="Own">Whether the link was mailed to the one whose password it is.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="HeldUntil">Until when its link is held back after the approval; null where there was none.</param>
/// <param name="Suspends">Whether stopping a completed one suspends the account; else only its password is worthless.</param>
public sealed record StoppableReset(
    RecoverableAccount Account,
    DateTimeOffset RequestedAt,
    Requester From,
    DateTimeOffset? CompletedAt,
    bool Own,
    ResetStage Stage,
    DateTimeOffset? HeldUntil,
    bool Suspends
);

/// <summary>How far a reset is, for who may stop it.</summary>
public enum ResetStage
{
    /// <summary>It waits for an approval.</summary>
    Waiting,

    /// <summary>It is approved, and its link is held back for a while.</summary>
    Held,

    /// <summary>Its link is on its way or out.</summary>
    Pending,

    /// <summary>The password is set, not too long ago.</summary>
    Completed,

    /// <summary>There is nothing to stop any more.</summary>
    Over,
}
