using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 3. The mailed address only moves the token into a protected cookie and redirects, and the clean page behind it
/// only looks: a mail scanner that follows redirects and keeps cookies changes nothing (threat 16). What is posted there
/// opens the request: an opened link outlives a newer one.
/// </summary>
public sealed class OpenPasswordReset(
    UnitOfWork work,
    PasswordResetTokens tokens,
    IAccounts accounts,
    PasswordResetGate gate,
    AuditLog audit
)
{
    /// <summary>Looks at the link that a browser holds, and writes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<OpenedPasswordReset> LookAsync(string? token, CancellationToken cancellationToken) =>
        await tokens.FindUsableAsync(token, accounts, cancellationToken) is { } found
            ? Usable(found)
            : new OpenedPasswordReset.Gone();

    /// <summary>The same for what is posted, which notes that somebody has opened the link.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<OpenedPasswordReset> RunAsync(string? token, CancellationToken cancellationToken)
    {
        if (await tokens.FindUsableAsync(token, accounts, cancellationToken) is not { } found)
        {
            return new OpenedPasswordReset.Gone();
        }

        if (found.Request.OpenedAt is null)
        {
            await work.RunAsync(
                async inner =>
                {
                    var opened = await work
                        .Context.Set<ResetRequest>()
                        .Where(r => r.Id == found.Request.Id && r.OpenedAt == null)
                        .ExecuteUpdateAsync(set => set.SetProperty(r => r.OpenedAt, work.Now), inner);
                    if (opened == 1)
                    {
                        audit.Add(
                            AuditEventTypes.ResetOpened,
                            found.Account.Id,
                            Requester.None,
                            found.Request.Id.ToString()
                        );
                    }
                },
                cancellationToken
            );
        }

        return Usable(found);
    }

    private OpenedPasswordReset.Usable Usable((ResetRequest Request, RecoverableAccount Account) found) =>
        new(found.Request, found.Account, gate.Asks(found.Request, found.Account));
}

/// <summary>What a link leads to.</summary>
public abstract record OpenedPasswordReset
{
    private OpenedPasswordReset() { }

    /// <summary>The link works. Only who has resolved its token has one, and the later steps ask for it.</summary>
    public sealed record Usable : OpenedPasswordReset
    {
        internal Usable(ResetRequest request, RecoverableAccount account, bool factorRequired)
        {
            Request = request;
            Account = account;
            FactorRequired = factorRequired;
        }

        /// <summary>Whose password it sets.</summary>
        public RecoverableAccount Account { get; }

        /// <summary>Whether a second factor must be proved first.</summary>
        public bool FactorRequired { get; }

        /// <summary>A reset, or a first password.</summary>
        public PasswordResetPurpose Purpose => Request.Purpose;

        /// <summary>Until when.</summary>
        public DateTimeOffset ExpiresAt => Request.ExpiresAt!.Value;

        internal ResetRequest Request { get; }
    }

    /// <summary>Unknown, used, replaced or expired: they are not told apart.</summary>
    public sealed record Gone : OpenedPasswordReset;
}
