using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;

namespace IdP.Recovery.Factors;

/// <summary>
/// Takes the proof of a second factor: counts the try before the proof is looked at, looks, and audits. Sign-in, the
/// reset's gate, unlocking and the proof of oneself all come here, so that their failures add up.
/// </summary>
public sealed class VerifyFactor(
    UnitOfWork work,
    FailureCounts failures,
    KnownBrowsers browsers,
    TotpCodes totp,
    HostTotpKey hostKey,
    SpendRecoveryCode recoveryCodes,
    HostRecoveryCodes hostCodes,
    UsePasskey passkeys,
    RequestLimits limits,
    AuditLog audit
)
{
    private static readonly TimeSpan ToldOncePer = TimeSpan.FromHours(1);

    /// <summary>Takes a proof.</summary>
    /// <param name="account">Whose factor it must be.</param>
    /// <param name="proof">What a person brought.</param>
    /// <param name="use">What for.</param>
    /// <param name="cancellationToken">Stops before the try is counted; from then on nothing does.</param>
    public async Task<FactorVerdict> RunAsync(
        RecoverableAccount account,
        FactorProof proof,
        FactorUse use,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await WhyNotAsync(account, proof, cancellationToken) is { } flaw)
        {
            return new FactorVerdict.NotCounted(flaw);
        }

        var factor = proof.Kind;
        var by = await browsers.CountedByAsync(account.Id, requester, cancellationToken);

        // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more; and of a
        // count that is cancelled nobody knows whether it was one.
        cancellationToken = CancellationToken.None;
        var counted =
            use == FactorUse.Recovery
                ? await failures.TryInRecoveryAsync(by, factor, cancellationToken)
                : await failures.TryAtSignInAsync(by, factor, cancellationToken);

        if (!counted)
        {
            // Mends what a crash between the count and the lock has left.
            await work.RunAsync(inner => failures.LockAsync(by, factor, use, requester, inner), cancellationToken);
            return new FactorVerdict.Closed(await failures.ClosedUntilAsync(by, factor, cancellationToken));
        }

        var accepted = await LookAsync(account, proof, requester, cancellationToken);
        if (accepted is null)
        {
            return await RefuseAsync(account, by, factor, use, requester, cancellationToken);
        }

        await work.RunAsync(
            async inner =>
            {
                await failures.SucceededAsync(by, factor, inner);
                Audit(AuditEventTypes.FactorProved, account, factor, requester);
            },
            cancellationToken
        );
        return accepted;
    }

    /// <summary>Why there is nothing to look at, so that nothing is counted either; null when there is.</summary>
    internal async Task<FactorFlaw?> WhyNotAsync(
        RecoverableAccount account,
        FactorProof proof,
        CancellationToken cancellationToken
    ) =>
        proof switch
        {
            FactorProof.Totp given => await totp.WhyNotAsync(account.Id, given.Code, cancellationToken),
            FactorProof.Passkey given when !passkeys.IsAsked(given, account) => FactorFlaw.TooLate,
            FactorProof.RecoveryCode given
                when Secrets.HashRecoveryCode(given.Code) is null && !hostCodes.IsLike(given.Code) => FactorFlaw.NoCode,
            _ => null,
        };

    private async Task<FactorVerdict.Accepted?> LookAsync(
        RecoverableAccount account,
        FactorProof proof,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        proof switch
        {
            FactorProof.Totp given => await totp.TryTakeAsync(account.Id, given.Code, cancellationToken)
            || account.Factors.Elsewhere
                && await hostKey.TryTakeAsync(account.Id, given.Code, requester, cancellationToken)
                ? new(["otp", "mfa"], null)
                : null,
            FactorProof.RecoveryCode given => await recoveryCodes.TryTakeAsync(
                account.Id,
                given.Code,
                requester,
                cancellationToken
            )
                is { } replacement
                ? new(["otp", "mfa"], replacement)
            : await hostCodes.TryTakeAsync(account.Id, given.Code, requester, cancellationToken)
                ? new(["otp", "mfa"], null)
            : null,
            FactorProof.Passkey given => await passkeys.VerifyAsync(given, account, requester, cancellationToken)
                is { } used
                ? new([.. used.Methods.Append("mfa").Distinct()], null)
                : null,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private Task<FactorVerdict> RefuseAsync(
        RecoverableAccount account,
        CountedBy by,
        FactorKind factor,
        FactorUse use,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync<FactorVerdict>(
            async inner =>
            {
                var refused = Audit(AuditEventTypes.FactorRefused, account, factor, requester);
                var until =
                    use == FactorUse.Recovery ? null : await failures.LockAsync(by, factor, use, requester, inner);
                if (await failures.TellDisabledAsync(by, factor, requester, inner))
                {
                    return new FactorVerdict.Closed(null);
                }

                if (until is { } end)
                {
                    return new FactorVerdict.Closed(end);
                }

                // Somebody else may know the password: the owner hears of it, not at every slip (OWASP).
                if (
                    use == FactorUse.SignIn
                    && await limits.TryTakeAsync("factor-notice/" + account.Id, 1, ToldOncePer, inner)
                )
                {
                    SendFactorNotice.Enqueue(work, refused);
                }

                return new FactorVerdict.Refused();
            },
            cancellationToken
        );

    private AuditEvent Audit(string type, RecoverableAccount account, FactorKind factor, Requester requester) =>
        audit.Add(type, account.Id, requester, reason: AuditReasons.Of(factor));
}
