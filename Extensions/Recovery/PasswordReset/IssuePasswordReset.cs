using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Makes a reset link without a person's asking: to set up a new account, or to break the glass from the command
/// line. It takes the same way as a mailed one from step 3 on.
/// </summary>
public sealed class IssuePasswordReset(
    UnitOfWork work,
    PasswordResetTokens tokens,
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
                var request = Add(account, purpose, actorId);
                await work.Context.SaveChangesAsync(inner);
                var prepared = (await tokens.PrepareAsync(request, account, inner))!;
                await work
                    .Context.Set<PasswordResetRequest>()
                    .Where(r => r.Id == request.Id)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.SentAt, work.Now)
                                .SetProperty(r => r.ProtectedToken, (string?)null),
                        inner
                    );
                return new IssuedLink(links.OpenPasswordReset(prepared.Token), prepared.ExpiresAt);
            },
            cancellationToken
        );

    /// <summary>Mails the link with which a new account is set up.</summary>
    /// <param name="account">Whose password it sets.</param>
    /// <param name="actorId">Who asked, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public Task ByMailAsync(
        RecoverableAccount account,
        string actorId,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            _ =>
            {
                var request = Add(account, PasswordResetPurpose.SetUp, actorId);
                work.Enqueue(SendPasswordReset.Kind, request.Id.ToString());
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private PasswordResetRequest Add(
        RecoverableAccount account,
        PasswordResetPurpose purpose,
        string actorId
    )
    {
        var request = new PasswordResetRequest
        {
            Id = Guid.CreateVersion7(work.Now),
            Address = account.Address,
            Audience = account.Audience,
            Purpose = purpose,
            RequestedAt = work.Now,
        };
        work.Context.Add(request);
        audit.Add(
            AuditEventTypes.ResetIssued,
            account.Id,
            RequestOrigin.None,
            request.Id.ToString(),
            purpose == PasswordResetPurpose.SetUp ? "set-up" : "break-glass",
            actorId
        );
        return request;
    }
}

/// <summary>A one-time link.</summary>
/// <param name="Link">Where it leads.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record IssuedLink(Uri Link, DateTimeOffset ExpiresAt);
