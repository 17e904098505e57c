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
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<OpenedPasswordReset> LookAsync(string? token, CancellationToken cancellationToken) =>
        await tokens.FindUsableAsync(token, accounts, cancellationToken) is { } found
            ? Usable(found)
            : new OpenedPasswordReset.Gone();

    /// <summary>The same for what is posted, which notes that somebody has opened the link.</summary>
    /// <param name="token">From the protected cookie.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
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
                        .Context.Set<PasswordResetRequest>()
                        .Where(r => r.Id == found.Request.Id && r.OpenedAt == null)
                        .ExecuteUpdateAsync(set => set.SetProperty(r => r.OpenedAt, work.Now), inner);
                    if (opened == 1)
                    {
                        audit.Add(
                            AuditEventTypes.ResetOpened,
                            found.Account.Id,
                            RequestOrigin.None,
                            found.Request.Id.ToString()
                        );
                    }
                },
                cancellationToken
            );
        }

        return Usable(found);
    }

    private OpenedPasswordReset.Usable Usable((PasswordResetRequest Request, RecoverableAccount Account) found) =>
        new(
            found.Account,
            found.Request.Purpose,
            found.Request.ExpiresAt!.Value,
            gate.Asks(found.Request, found.Account)
        );
}

/// <summary>What a link leads to.</summary>
public abstract record OpenedPasswordReset
{
    private OpenedPasswordReset() { }

    /// <summary>The link works.</summary>
    /// <param name="Account">Whose password it sets.</param>
    /// <param name="Purpose">A reset, or a first password.</param>
    /// <param name="ExpiresAt">Until when.</param>
    /// <param name="FactorRequired">Whether a second factor must be proved first.</param>
    public sealed record Usable(
        RecoverableAccount Account,
        PasswordResetPurpose Purpose,
        DateTimeOffset ExpiresAt,
        bool FactorRequired
    ) : OpenedPasswordReset;

    /// <summary>Unknown, used, replaced or expired: they are not told apart.</summary>
    public sealed record Gone : OpenedPasswordReset;
}
