using System.Text.Json.Nodes;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Adds a passkey to an account. The caller asks for a fresh proof of an existing factor first.</summary>
/// <param name="passkeys">Describes, checks and keeps.</param>
/// <param name="challenges">Takes each answer once.</param>
/// <param name="attestations">Says which authenticators may be added.</param>
/// <param name="failures">Forgets what failed before.</param>
/// <param name="browsers">Forgets browsers with a passkey that goes.</param>
/// <param name="accounts">Holds the account meanwhile.</param>
/// <param name="deadline">Is met by it.</param>
/// <param name="work">The transaction.</param>
/// <param name="options">The limit.</param>
public sealed class CreatePasskey(
    IPasskeys passkeys,
    PasskeyChallenges challenges,
    PasskeyAttestations attestations,
    FailureCounts failures,
    KnownBrowsers known,
    RememberedBrowsers browsers,
    IAccounts accounts,
    EnrollmentDeadline deadline,
    UnitOfWork work,
    AuditLog audit,
    IOptions<PasskeyOptions> options
)
{
    /// <summary>What the browser needs; authenticators that hold a passkey of this account are excluded.</summary>
    /// <param name="account">Whose it will be.</param>
    public async Task<PasskeyCeremony> BeginAsync(RecoverableAccount account, CancellationToken cancellationToken)
    {
        var (json, state) = await passkeys.DescribeCreationAsync(account, cancellationToken);
        if (await failures.IsDisabledAsync(account.Id, FactorKind.Passkey, cancellationToken))
        {
            json = WithoutExclusions(json);
        }

        return new(json, challenges.Seal(PasskeyPurpose.Create, account.Id, state));
    }

    /// <summary>Keeps the passkey that the browser made.</summary>
    /// <param name="account">Whose it will be.</param>
    /// <param name="state">From <see cref="BeginAsync"/>.</param>
    /// <param name="credentialJson">The browser's answer.</param>
    /// <param name="name">What the owner calls it; where it is no name (<see cref="Passkey.CleanName"/>), the browser's.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public async Task<CreatedPasskey> FinishAsync(
        RecoverableAccount account,
        string? state,
        string? credentialJson,
        string? name,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var handlerState = await challenges.TakeAsync(PasskeyPurpose.Create, account.Id, state, cancellationToken);
        if (
            handlerState is null
            || await passkeys.CheckCreationAsync(handlerState, credentialJson ?? "", cancellationToken) is not { } made
        )
        {
            return new CreatedPasskey.Refused();
        }

        if (!attestations.Allow(made))
        {
            return new CreatedPasskey.NotAllowed();
        }

        made.Name = Passkey.CleanName(name) ?? requester.Browser ?? "Passkey";
        return await KeepAsync(account, made, requester, cancellationToken);
    }

    // The same authenticator may take the place of its passkey that no longer works.
    private static string WithoutExclusions(string optionsJson)
    {
        var options = JsonNode.Parse(optionsJson)!;
        options["excludeCredentials"] = new JsonArray();
        return options.ToJsonString();
    }

    private Task<CreatedPasskey> KeepAsync(
        RecoverableAccount account,
        UserPasskeyInfo made,
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
                    await browsers.ForgetAllAsync(account.Id, inner);
                }

                if (await passkeys.AddAsync(account.Id, made, options.Value.MaxPasskeys, inner) is not { } kept)
                {
                    return new CreatedPasskey.TooMany();
                }

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
