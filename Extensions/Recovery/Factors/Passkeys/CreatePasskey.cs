using System.Security.Cryptography;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Adds a passkey to an account. The caller asks for a fresh proof of an existing factor first.</summary>
/// <param name="ceremonies">Asks and checks.</param>
/// <param name="passkeys">Keeps.</param>
/// <param name="challenges">Takes each answer once.</param>
/// <param name="attestations">Says which authenticators may be added.</param>
/// <param name="failures">Forgets what failed before.</param>
/// <param name="browsers">Are forgotten with every change of the factors.</param>
/// <param name="accounts">Holds the account meanwhile.</param>
/// <param name="deadline">Is met by it.</param>
/// <param name="work">The transaction.</param>
/// <param name="options">The limit.</param>
public sealed class CreatePasskey(
    PasskeyCeremonies ceremonies,
    IPasskeys passkeys,
    PasskeyChallenges challenges,
    PasskeyAttestations attestations,
    FailureCounts failures,
    KnownBrowsers known,
    RememberedBrowsers browsers,
    IAccounts accounts,
    EnrollmentDeadline deadline,
    UnitOfWork work,
    RequestLimits limits,
    AuditLog audit,
    IOptions<PasskeyOptions> options
)
{
    private const int ToldPerWindow = 20;
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <summary>What the browser needs; authenticators that hold a passkey of this account are excluded.</summary>
    /// <param name="account">Whose it will be.</param>
    /// <param name="boundTo">The session or the half-finished sign-in in which it is made, and no other.</param>
    public async Task<PasskeyCeremony> BeginAsync(
        RecoverableAccount account,
        string? boundTo,
        CancellationToken cancellationToken
    )
    {
        var kept = await passkeys.KeptAsync(account.Id, cancellationToken);

        // An authenticator keeps one passkey for each handle and domain: all of an account's have the same one, unless the
        // first two are made in the same moment.
        var handle = kept.Select(k => k.UserHandle).LastOrDefault(h => h is not null);

        // The same authenticator may take the place of its passkey that no longer works.
        var disabled = await failures.IsDisabledAsync(account.Id, FactorKind.Passkey, cancellationToken);
        var (json, asked) = ceremonies.DescribeCreation(
            account,
            handle ?? RandomNumberGenerator.GetBytes(PasskeyDetail.UserHandleLength),
            disabled ? [] : kept
        );
        return new(json, challenges.Seal(PasskeyPurpose.Create, account.Id, boundTo, asked));
    }

    /// <summary>Keeps the passkey that the browser made.</summary>
    /// <param name="account">Whose it will be.</param>
    /// <param name="boundTo">As in <see cref="BeginAsync"/>.</param>
    /// <param name="state">From there.</param>
    /// <param name="credentialJson">The browser's answer.</param>
    /// <param name="name">What the owner calls it; where it is no name (<see cref="Passkey.CleanName"/>), the browser's.</param>
    /// <param name="cancellationToken">Stops before the challenge is spent; from then on nothing does.</param>
    public async Task<CreatedPasskey> FinishAsync(
        RecoverableAccount account,
        string? boundTo,
        string? state,
        string? credentialJson,
        string? name,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var asked = await challenges.TakeAsync(PasskeyPurpose.Create, account.Id, boundTo, state, cancellationToken);

        // Security: threat 20. The challenge is spent: it has its consequence, also when nobody waits for the answer.
        cancellationToken = CancellationToken.None;
        if (
            asked is null
            || await ceremonies.CheckCreationAsync(asked, credentialJson, cancellationToken) is not { } made
        )
        {
            await TellRefusedAsync(account, AuditReasons.Wrong, requester, cancellationToken);
            return new CreatedPasskey.Refused();
        }

        if (!attestations.Allow(made))
        {
            await TellRefusedAsync(account, AuditReasons.NotAllowed, requester, cancellationToken);
            return new CreatedPasskey.NotAllowed();
        }

        made.Info.Name = Passkey.CleanName(name) ?? requester.Browser ?? "Passkey";
        try
        {
            var kept = await KeepAsync(account, made, requester, cancellationToken);
            if (kept is CreatedPasskey.TooMany)
            {
                await TellRefusedAsync(account, AuditReasons.Limit, requester, cancellationToken);
            }

            return kept;
        }
        catch (DbUpdateException)
        {
            if (await passkeys.FindAsync(made.Info.CredentialId, cancellationToken) is null)
            {
                throw;
            }

            // Of two that bring the same credential at once the second finds its place taken.
            await TellRefusedAsync(account, AuditReasons.Wrong, requester, cancellationToken);
            return new CreatedPasskey.Refused();
        }
    }

    private Task TellRefusedAsync(
        RecoverableAccount account,
        string why,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                if (await limits.TryTakeAsync("passkey-not-added/" + account.Id, ToldPerWindow, Window, inner))
                {
                    audit.Add(AuditEventTypes.PasskeyRefused, account.Id, requester, reason: why, actorId: account.Id);
                }
            },
            cancellationToken
        );

    private Task<CreatedPasskey> KeepAsync(
        RecoverableAccount account,
        NewPasskey made,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync<CreatedPasskey>(
            async inner =>
            {
                // Security: threat 13. A reset of the factors in the same moment must not miss this one.
                if (!await accounts.HoldAsync(account, inner))
                {
                    return new CreatedPasskey.Refused();
                }

                // Passkeys that failures have disabled for their owner are set up anew: what failed goes, or it would live
                // again.
                var by = await known.CountedByAsync(account.Id, requester, inner);
                if (await failures.IsDisabledAsync(by, FactorKind.Passkey, inner))
                {
                    await passkeys.RemoveAllAsync(account.Id, inner);
                }

                if (await passkeys.AddAsync(account.Id, made, options.Value.MaxPasskeys, inner) is not { } kept)
                {
                    return new CreatedPasskey.TooMany();
                }

                await browsers.ForgetAllAsync(account.Id, inner);
                await failures.ForgetAsync(account.Id, FactorKind.Passkey, inner);
                await deadline.EnrolledAsync(account.Id, inner);
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(
                        AuditEventTypes.FactorAdded,
                        account.Id,
                        requester,
                        subjectId: kept.AuditId,
                        reason: kept.Roaming ? AuditReasons.RoamingPasskey : AuditReasons.Passkey,
                        actorId: account.Id
                    )
                );
                return new CreatedPasskey.Done(kept);
            },
            cancellationToken
        );
}
