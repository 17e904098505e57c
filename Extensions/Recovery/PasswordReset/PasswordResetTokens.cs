using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>A token on its way to a person, and until when it works.</summary>
internal sealed record PreparedLink(string Token, DateTimeOffset ExpiresAt);

/// <summary>Mints a request's token, and finds the request that a token belongs to.</summary>
public sealed class PasswordResetTokens(
    UnitOfWork work,
    Secrets secrets,
    IOptions<PasswordResetOptions> options,
    IOptions<AdministratorResetOptions> administrators
)
{
    // SP 800-63B-4, 4.2.1.2: a secret sent by mail lives 24 hours at most.
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);

    private DbSet<ResetRequest> Requests => work.Context.Set<ResetRequest>();

    /// <summary>
    /// The token to mail: minted at the first try, the same at every later one. Nobody has it before a mail is
    /// accepted, so each try starts its life anew, within 24 hours of the request, or of the end of its hold; null past that.
    /// </summary>
    internal async Task<PreparedLink?> PrepareAsync(
        ResetRequest request,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var lifetime = options.Value.Lifetime(request.Purpose, account.Audience);
        var end = (request.ApprovedAt + administrators.Value.Hold ?? request.RequestedAt) + LongestLife;
        var expiresAt = now + lifetime < end ? now + lifetime : end;
        if (expiresAt <= now)
        {
            return null;
        }

        var token = secrets.Unprotect(request.ProtectedToken) ?? Secrets.NewToken();
        var hash = Secrets.Hash(token);
        var written = await Requests
            .Where(r => r.Id == request.Id && r.SentAt == null && r.TokenHash == request.TokenHash)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(r => r.TokenHash, hash)
                        .SetProperty(r => r.ProtectedToken, secrets.Protect(token))
                        .SetProperty(r => r.AccountId, account.Id)
                        .SetProperty(r => r.SecurityStamp, account.SecurityStamp)
                        .SetProperty(r => r.ExpiresAt, expiresAt),
                cancellationToken
            );
        return written == 1
            ? new PreparedLink(token, expiresAt)
            : throw new InvalidOperationException("Another worker is preparing this request.");
    }

    /// <summary>
    /// The usable request of a token with its account as it is now; null when the link is unknown, used, void or
    /// expired, or the account has changed since (threats 4 and 14).
    /// </summary>
    internal async Task<(ResetRequest Request, RecoverableAccount Account)?> FindUsableAsync(
        string? token,
        IAccounts accounts,
        CancellationToken cancellationToken
    )
    {
        if (Secrets.Hash(token) is not { } hash)
        {
            return null;
        }

        var request = await Requests.AsNoTracking().SingleOrDefaultAsync(r => r.TokenHash == hash, cancellationToken);
        if (request?.AccountId is null || !request.IsUsable(work.Now))
        {
            return null;
        }

        var account = await accounts.FindAsync(request.AccountId, cancellationToken);
        return
            account is { EmailConfirmed: true }
            && (!account.Suspended || request.Purpose == PasswordResetPurpose.BreakGlass)
            && await IsOfAsync(account, request.Address, cancellationToken)
            && account.Audience == request.Audience
            && account.SecurityStamp == request.SecurityStamp
            ? (request, account)
            : null;
    }

    private async Task<bool> IsOfAsync(
        RecoverableAccount account,
        string address,
        CancellationToken cancellationToken
    ) =>
        account.Address == address
        || await work
            .Context.Set<RecoveryAddress>()
            .AnyAsync(a => a.AccountId == account.Id && a.Confirmed == address, cancellationToken);
}
