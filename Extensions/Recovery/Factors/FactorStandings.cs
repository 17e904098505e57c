using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;

namespace IdP.Recovery.Factors;

/// <summary>
/// Which factors an account has, and which of them prove something now: what the pages of sign-in, of the reset's gate,
/// of unlocking and of proving oneself again offer. <see cref="VerifyFactor"/> decides, whatever was offered.
/// </summary>
public sealed class FactorStandings(FailureCounts failures, KnownBrowsers browsers, TotpCodes totp)
{
    /// <summary>The kinds that the account has, those that prove something now first.</summary>
    /// <param name="use">What for: a lock of sign-in does not hold in a recovery.</param>
    public async Task<IReadOnlyList<FactorState>> OfAsync(
        RecoverableAccount account,
        FactorUse use,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var kinds = new (FactorKind Kind, int Count)[]
        {
            (FactorKind.Totp, account.Factors.Totp),
            (FactorKind.Passkey, account.Factors.Passkeys),
            (FactorKind.RecoveryCode, account.Factors.RecoveryCodes),
        };
        var by = await browsers.CountedByAsync(account.Id, requester, cancellationToken);
        var counts = await failures.ListAsync(by, cancellationToken);
        var apps = account.Factors.Totp > 0 ? await totp.LookAsync(account.Id, cancellationToken) : default;
        return
        [
            .. kinds
                .Where(k => k.Count > 0)
                .Select(k =>
                    k.Kind == FactorKind.Totp && apps.Unreadable
                        ? new FactorState(k.Kind, FactorStanding.Unreadable)
                        : failures.StateOf(counts, k.Kind, use) with
                        {
                            Digits = k.Kind == FactorKind.Totp ? apps.Digits : 0,
                        }
                )
                .OrderBy(state => state.Standing),
        ];
    }
}

/// <summary>A kind of factor that an account has.</summary>
/// <param name="Standing">How it stands now.</param>
/// <param name="Until">When a pause ends; null of anything else.</param>
/// <param name="Digits">How long an app's codes are, at most; 0 of anything else.</param>
public sealed record FactorState(
    FactorKind Kind,
    FactorStanding Standing,
    DateTimeOffset? Until = null,
    int Digits = 0
);

/// <summary>How a factor stands.</summary>
public enum FactorStanding
{
    /// <summary>It proves something.</summary>
    Ready,

    /// <summary>Failures have closed it for a while.</summary>
    Paused,

    /// <summary>Its key cannot be read any more.</summary>
    Unreadable,

    /// <summary>It has failed so often that it must be set up anew.</summary>
    Disabled,
}
