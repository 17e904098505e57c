using IdP.Recovery.Audit;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>
/// The saved codes that ASP.NET Core Identity itself keeps for a user. They prove something where the host signs people in;
/// elsewhere the codes of this plugin do.
/// </summary>
public sealed class HostRecoveryCodes(UnitOfWork work, IHostTokens tokens, HostSignIn signIn, AuditLog audit)
{
    // Identity's have eleven characters; a host may make its own.
    private const int LongestCode = 64;

    /// <summary>Whether a text could be one.</summary>
    internal bool IsLike(string? code) => signIn.IsOfHost && code?.Trim() is { Length: > 0 and <= LongestCode };

    /// <summary>Takes one, once; false where it is none. Nothing stands in its place, and the owner is told by mail.</summary>
    internal async Task<bool> TryTakeAsync(
        string accountId,
        string? code,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        IsLike(code)
        && await work.RunAsync(
            async inner =>
            {
                if (!await tokens.TryUseCodeAsync(accountId, code, inner))
                {
                    return false;
                }

                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(AuditEventTypes.RecoveryCodeUsed, accountId, requester, actorId: accountId)
                );
                return true;
            },
            cancellationToken
        );
}
