using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 4, the proof. The attempt is counted in a transaction of its own before the proof is looked at; after the last
/// wrong one the request is void, and a new mail is needed (threat 9).
/// </summary>
public sealed class ProvePasswordReset(
    UnitOfWork work,
    PasswordResetGate gate,
    VerifyFactor verify,
    AuditLog audit,
    IOptions<MfaOptions> options
)
{
    private readonly int limit = options.Value.ProofsPerRequest;

    private DbSet<ResetRequest> Requests => work.Context.Set<ResetRequest>();

    /// <summary>Proves a second factor for the request of a link.</summary>
    /// <param name="link">As it was opened in this request.</param>
    /// <param name="proof">What a person brought.</param>
    /// <param name="cancellationToken">Stops; the try stays counted.</param>
    public async Task<ProvedPasswordReset> RunAsync(
        OpenedPasswordReset.Usable link,
        FactorProof proof,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var (request, account) = (link.Request, link.Account);
        if (!gate.Asks(request, account))
        {
            return new ProvedPasswordReset.Proved(null);
        }

        if (await verify.WhyNotAsync(account, proof, cancellationToken) is { } flaw)
        {
            return new ProvedPasswordReset.NotCounted(flaw);
        }

        var counted = await Requests
            .Where(r => r.Id == request.Id && r.Proofs < limit && r.VoidedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.Proofs, r => r.Proofs + 1), cancellationToken);
        if (counted == 0)
        {
            return new ProvedPasswordReset.Gone();
        }

        // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more.
        cancellationToken = CancellationToken.None;
        switch (await verify.RunAsync(account, proof, FactorUse.Recovery, requester, cancellationToken))
        {
            case FactorVerdict.Accepted(_, var replacement):
                await Requests
                    .Where(r => r.Id == request.Id && r.ProvedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(r => r.ProvedAt, work.Now), cancellationToken);

                // With the key of an app the reset drops every code when it ends: this one is not worth saving then.
                var drops = account is { Audience: Audience.Administrator, Factors.Totp: > 0 };
                return new ProvedPasswordReset.Proved(drops ? null : replacement);
            case FactorVerdict.Closed:
                await RefuseAsync(request, account, AuditReasons.Closed, requester, cancellationToken);
                return new ProvedPasswordReset.FactorDisabled();
            default:
                return
                    await RefuseAsync(request, account, AuditReasons.Wrong, requester, cancellationToken)
                        is > 0
                            and var left
                    ? new ProvedPasswordReset.Refused(left)
                    : new ProvedPasswordReset.Gone();
        }
    }

    // How many tries are left.
    private Task<int> RefuseAsync(
        ResetRequest request,
        RecoverableAccount account,
        string reason,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var subject = request.Id.ToString();
                audit.Add(AuditEventTypes.ResetGateRefused, account.Id, requester, subject, reason);
                var voided = await Requests
                    .Where(r => r.Id == request.Id && r.Proofs >= limit)
                    .VoidAsync(work.Now, inner);
                if (voided == 1)
                {
                    audit.Add(AuditEventTypes.ResetVoided, account.Id, requester, subject, AuditReasons.Proofs);
                }

                var used = await Requests.Where(r => r.Id == request.Id).Select(r => r.Proofs).SingleAsync(inner);
                return limit - used;
            },
            cancellationToken
        );
}

/// <summary>How a proof inside a reset ended.</summary>
public abstract record ProvedPasswordReset
{
    private ProvedPasswordReset() { }

    /// <summary>The password may be set now.</summary>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record Proved(string? ReplacementCode) : ProvedPasswordReset;

    /// <summary>The proof does not hold.</summary>
    /// <param name="TriesLeft">How many more this link takes.</param>
    public sealed record Refused(int TriesLeft) : ProvedPasswordReset;

    /// <summary>This factor has failed too often to be looked at; another one may do.</summary>
    public sealed record FactorDisabled : ProvedPasswordReset;

    /// <summary>There was nothing to look at; the link takes as many tries as before.</summary>
    public sealed record NotCounted(FactorFlaw Why) : ProvedPasswordReset;

    /// <summary>The link is unknown, used, replaced, expired, or void after too many wrong proofs.</summary>
    public sealed record Gone : ProvedPasswordReset;
}
