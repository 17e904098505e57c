using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Makes a reset link without a person's asking: to set up a new account, or to break the glass from the command
/// line. It takes the same way as a mailed one from step 3 on.
/// </summary>
public sealed class IssuePasswordReset(
    UnitOfWork work,
    PasswordResetTokens tokens,
    TellAdministrators others,
    AuditLog audit,
    IRecoveryLinks links
)
{
    /// <summary>Makes a one-time link and hands it to the caller, who must keep it to themselves.</summary>
    /// <param name="account">Whose password it sets.</param>
    /// <param name="purpose">A first password, or a reset.</param>
    /// <param name="actorId">Who asked, for the audit; <c>command-line</c> from there.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public Task<IssuedLink> ToCallerAsync(
        RecoverableAccount account,
        PasswordResetPurpose purpose,
        string actorId,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var request = Add(account, purpose, new Actor(actorId, []), Requester.None, mailed: false);
                await work.Context.SaveChangesAsync(inner);
                var prepared = (await tokens.PrepareAsync(request, account, inner))!;
                await work.Context.Set<ResetRequest>().Where(r => r.Id == request.Id).MarkSentAsync(work.Now, inner);
                if (purpose == PasswordResetPurpose.BreakGlass)
                {
                    request.AccountId = account.Id;
                    await others.PendingAsync(request, account, inner);
                }

                return new IssuedLink(links.OpenPasswordReset(prepared.Token), prepared.ExpiresAt);
            },
            cancellationToken
        );

    /// <summary>Mails the link with which a new account is set up.</summary>
    /// <param name="account">Whose password it sets.</param>
    /// <param name="actor">Who asked, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public Task ByMailAsync(
        RecoverableAccount account,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                Add(account, PasswordResetPurpose.SetUp, actor, requester, mailed: true);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private ResetRequest Add(
        RecoverableAccount account,
        PasswordResetPurpose purpose,
        Actor actor,
        Requester requester,
        bool mailed
    )
    {
        var request = ResetRequest.Begin(work, account.Address, account.Audience, requester, purpose, mailed);
        audit.Add(
            AuditEventTypes.ResetIssued,
            account.Id,
            requester,
            request.Id.ToString(),
            purpose == PasswordResetPurpose.SetUp ? AuditReasons.SetUp : AuditReasons.BreakGlass,
            actor.Id,
            actor.Proof
        );
        return request;
    }
}

/// <summary>A one-time link.</summary>
/// <param name="Link">Where it leads.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record IssuedLink(Uri Link, DateTimeOffset ExpiresAt);
