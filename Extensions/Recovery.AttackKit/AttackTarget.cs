namespace IdP.Recovery.AttackKit;

/// <summary>
/// The adapter between the kit and a host: where it runs, how to make an account, how to read mail. What a host cannot
/// do is left as it is, and the attacks that need it say that they are not applicable.
/// </summary>
public abstract class AttackTarget
{
    /// <summary>The nodes of the host, which share one database. Parallel attacks go to all of them.</summary>
    public abstract IReadOnlyList<Uri> Nodes { get; }

    /// <summary>With what every mailed link must begin.</summary>
    public abstract Uri Origin { get; }

    /// <summary>The pages and the names of their fields; those of <c>IdP.UI</c> by default.</summary>
    public virtual TargetPages Pages { get; } = new();

    /// <summary>The host's clock, by which codes are computed.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>Whether <see cref="AdvanceAsync"/> works.</summary>
    public virtual bool CanAdvance => false;

    /// <summary>Makes an account with a confirmed address that no account has yet.</summary>
    /// <param name="wish">What is wanted.</param>
    public abstract Task<AttackAccount> CreateAccountAsync(AccountWish wish, CancellationToken cancellationToken);

    /// <summary>The texts of all mails to an address, oldest first.</summary>
    public abstract Task<IReadOnlyList<string>> ReadMailsAsync(string address, CancellationToken cancellationToken);

    /// <summary>Lets everything that waits in the background happen, and returns when it has.</summary>
    public abstract Task WorkAsync(CancellationToken cancellationToken);

    /// <summary>Moves the host's clock on every node.</summary>
    /// <param name="time">By how much.</param>
    public virtual Task AdvanceAsync(TimeSpan time, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This host's clock cannot be moved.");

    /// <summary>Whether <see cref="AgeAsync"/> works.</summary>
    public virtual bool CanAge => CanAdvance;

    /// <summary>
    /// Lets what an account has done be so much longer ago: its proofs, used codes, locks and links. Where the clock
    /// cannot be moved, the rows in the database can.
    /// </summary>
    /// <param name="time">By how much.</param>
    public virtual Task AgeAsync(AttackAccount account, TimeSpan time, CancellationToken cancellationToken) =>
        AdvanceAsync(time, cancellationToken);

    /// <summary>Whether <see cref="RestartAsync"/> works.</summary>
    public virtual bool CanRestart => false;

    /// <summary>
    /// Ends every node and starts it again at its address and on its database. What it had in memory is gone.
    /// </summary>
    public virtual Task RestartAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("This host cannot be restarted.");

    /// <summary>Whether <see cref="MeetMailAsync"/> works.</summary>
    public virtual bool CanLoseMail => false;

    /// <summary>
    /// Says how the mail server meets the next mails. With <see cref="TargetMail.Accepted"/> what it has refused before
    /// is due at once, and <see cref="WorkAsync"/> tries it again.
    /// </summary>
    public virtual Task MeetMailAsync(TargetMail how, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This host's mail server always takes mail.");

    /// <summary>
    /// Whether there is a help desk: people who reset the MFA of others and are no administrators
    /// (<see cref="AccountWish.HelpDesk"/>).
    /// </summary>
    public virtual bool HasHelpDesk => false;

    /// <summary>An application that signs in through the first node; null where the host has none.</summary>
    public virtual TargetApplication? Application => null;

    /// <summary>Gives an account another confirmed address, as its owner would; false where there is no way to.</summary>
    /// <param name="address">The new address.</param>
    public virtual Task<bool> ChangeAddressAsync(
        AttackAccount account,
        string address,
        CancellationToken cancellationToken
    ) => Task.FromResult(false);

    /// <summary>Everything the database holds, as text, as a thief would read it; null where there is no way to.</summary>
    public virtual Task<string?> ReadDatabaseAsync(CancellationToken cancellationToken) =>
        Task.FromResult<string?>(null);
}

/// <summary>What account an attack wants.</summary>
/// <param name="Email">Its address.</param>
/// <param name="Password">Its password: strong, and long enough without a second factor.</param>
/// <param name="Totp">Whether an authenticator app is enrolled.</param>
/// <param name="Administrator">Whether it is an administrator's.</param>
/// <param name="HelpDesk">Whether it is that of somebody at the help desk.</param>
public sealed record AccountWish(
    string Email,
    string Password,
    bool Totp = false,
    bool Administrator = false,
    bool HelpDesk = false
);

/// <summary>How a mail server meets a mail.</summary>
public enum TargetMail
{
    /// <summary>Takes it.</summary>
    Accepted,

    /// <summary>Does not take it now.</summary>
    Refused,

    /// <summary>Takes it, and is gone before it says so: the host does not know.</summary>
    Unanswered,
}

/// <summary>An account that was made.</summary>
/// <param name="Email">Its address.</param>
/// <param name="Password">Its password.</param>
/// <param name="TotpKey">The authenticator's key in base32, with no code of the present step used; null without one.</param>
/// <param name="Id">What the console's addresses call it; needed where there is a help desk.</param>
public sealed record AttackAccount(string Email, string Password, string? TotpKey, string? Id = null);

/// <summary>A public OpenID Connect client of the host, which is given refresh tokens without consent.</summary>
/// <param name="ClientId">Its id.</param>
/// <param name="RedirectUri">Where it takes codes; nothing needs to listen there.</param>
public sealed record TargetApplication(string ClientId, Uri RedirectUri)
{
    /// <summary>Where the host gives codes.</summary>
    public string Authorize { get; init; } = "/connect/authorize";

    /// <summary>Where it gives tokens.</summary>
    public string Token { get; init; } = "/connect/token";

    /// <summary>Where an access token opens something.</summary>
    public string UserInfo { get; init; } = "/connect/userinfo";
}

/// <summary>Where a host's pages are, and what their fields are called.</summary>
public sealed record TargetPages
{
    /// <summary>The users' sign-in.</summary>
    public string SignIn { get; init; } = "/login";

    /// <summary>The administrators' sign-in.</summary>
    public string AdministratorSignIn { get; init; } = "/login/administrator";

    /// <summary>The second step of a sign-in.</summary>
    public string Factor { get; init; } = "/login/factor";

    /// <summary>Where a user asks for a reset.</summary>
    public string RequestReset { get; init; } = "/reset/user";

    /// <summary>Where an administrator does.</summary>
    public string RequestAdministratorReset { get; init; } = "/reset/administrator";

    /// <summary>The path with which a mailed reset link begins.</summary>
    public string OpenReset { get; init; } = "/reset/open";

    /// <summary>Where a new password is chosen.</summary>
    public string NewPassword { get; init; } = "/reset/password";

    /// <summary>The path with which a link to stop an administrator's reset begins.</summary>
    public string StopReset { get; init; } = "/stop-reset/open";

    /// <summary>The path with which a link that unlocks an account begins.</summary>
    public string OpenUnlock { get; init; } = "/unlock/open";

    /// <summary>Where somebody who is signed in proves again who they are.</summary>
    public string Prove { get; init; } = "/account/prove";

    /// <summary>Where the factors of a person are listed.</summary>
    public string Security { get; init; } = "/account/security";

    /// <summary>Where passkeys are added.</summary>
    public string Passkeys { get; init; } = "/account/security/passkeys";

    /// <summary>A page that only a signed-in person sees.</summary>
    public string Account { get; init; } = "/account";

    /// <summary>Where an authenticator app is added.</summary>
    public string AddAuthenticator { get; init; } = "/account/security/authenticator";

    /// <summary>Where recovery codes are made.</summary>
    public string RecoveryCodes { get; init; } = "/account/security/recovery-codes";

    /// <summary>
    /// Where the MFA of people is reset, with their ids in the place of <c>{ids}</c>, and a point between them.
    /// </summary>
    public string ResetMfa { get; init; } = "/admin/users/reset-mfa?ids={ids}";

    /// <summary>Where an administrator, and nobody else, gives roles.</summary>
    public string Roles { get; init; } = "/admin/administrators/roles";

    /// <summary>The boxes that say which factors are reset.</summary>
    public IReadOnlyList<string> ResetFactors { get; init; } = ["Totp", "Passkeys", "RecoveryCodes"];

    /// <summary>The form that gives somebody at the help desk every role, beside address and reason.</summary>
    public IReadOnlyList<(string Name, string Value)> AllRoles { get; init; } =
    [("Administrator", "true"), ("HelpDesk", "true"), ("Auditor", "true"), ("Had", "HelpDesk")];

    /// <summary>The field for a reason.</summary>
    public string Why { get; init; } = "Why";

    /// <summary>The field for an address.</summary>
    public string Email { get; init; } = "Email";

    /// <summary>The field for a password.</summary>
    public string Password { get; init; } = "Password";

    /// <summary>The field for a one-time code, and for a recovery code.</summary>
    public string Code { get; init; } = "Code";

    /// <summary>A field of the form that removes a factor.</summary>
    public string EndOthers { get; init; } = "EndOthers";

    /// <summary>The box that has a browser remembered.</summary>
    public string Remember { get; init; } = "Remember";

    /// <summary>The query with which a page asks for a recovery code.</summary>
    public string WithRecoveryCode { get; init; } = "?with=recovery-code";
}
