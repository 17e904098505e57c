using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>Another administrator lets an administrator's reset go on; only then its link is mailed.</summary>
public sealed class ApprovePasswordReset(
    UnitOfWork work,
    IAccounts accounts,
    AuditLog audit,
    IOptions<AdministratorResetOptions> options
)
{
    private DbSet<ResetRequest> Requests => work.Context.Set<ResetRequest>();

    /// <summary>The requests that wait, oldest first.</summary>
    public async Task<IReadOnlyList<WaitingReset>> ListAsync(CancellationToken cancellationToken)
    {
        var waiting = new List<WaitingReset>();
        var requests = await Waiting().AsNoTracking().OrderBy(r => r.RequestedAt).ToListAsync(cancellationToken);
        foreach (var request in requests)
        {
            if (await accounts.FindAsync(request.AccountId!, cancellationToken) is { } account)
            {
                waiting.Add(
                    new(
                        request.Id,
                        account,
                        request.RequestedAt,
                        request.Requester,
                        request.RequestedAt + options.Value.ApprovalLifetime
                    )
                );
            }
        }

        return waiting;
    }

    /// <summary>Approves.</summary>
    /// <param name="approver">Who: an administrator, and not the one whose password it is.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<ApprovedPasswordReset> RunAsync(
        Guid requestId,
        Actor approver,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync<ApprovedPasswordReset>(
            async inner =>
            {
                var request = await Waiting().AsNoTracking().SingleOrDefaultAsync(r => r.Id == requestId, inner);
                if (request is null)
                {
                    return new ApprovedPasswordReset.Gone();
                }

                // Security: threat 13. Nobody approves their own.
                if (
                    request.AccountId == approver.Id
                    || !ConsolePermissions.May(approver.Roles, ConsoleAction.Approve)
                    || await accounts.FindAsync(approver.Id, inner) is not { Suspended: false }
                )
                {
                    return new ApprovedPasswordReset.NotYours();
                }

                var approved = await Requests
                    .Where(r => r.Id == requestId && r.ApprovedAt == null && r.RedeemedAt == null && r.VoidedAt == null)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(r => r.ApprovedAt, work.Now).SetProperty(r => r.ApprovedBy, approver.Id),
                        inner
                    );
                if (approved == 0)
                {
                    return new ApprovedPasswordReset.Gone();
                }

                audit.Add(
                    AuditEventTypes.ResetApproved,
                    request.AccountId,
                    requester,
                    requestId.ToString(),
                    actorId: approver.Id,
                    proof: approver.Proof
                );
                work.Enqueue(SendPasswordReset.Kind, requestId.ToString());
                return new ApprovedPasswordReset.Done();
            },
            cancellationToken
        );

    /// <summary>Declines: its link is never mailed.</summary>
    /// <param name="decliner">Who: an administrator.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<ApprovedPasswordReset> DeclineAsync(
        Guid requestId,
        Actor decliner,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync<ApprovedPasswordReset>(
            async inner =>
            {
                if (!ConsolePermissions.May(decliner.Roles, ConsoleAction.Approve))
                {
                    return new ApprovedPasswordReset.NotYours();
                }

                var request = await Waiting().AsNoTracking().SingleOrDefaultAsync(r => r.Id == requestId, inner);
                var declined = await Waiting().Where(r => r.Id == requestId).VoidAsync(work.Now, inner);
                if (request is null || declined == 0)
                {
                    return new ApprovedPasswordReset.Gone();
                }

                audit.Add(
                    AuditEventTypes.ResetVoided,
                    request.AccountId,
                    requester,
                    requestId.ToString(),
                    request.AccountId == decliner.Id ? AuditReasons.Withdrawn : AuditReasons.Stopped,
                    decliner.Id,
                    decliner.Proof
                );
                return new ApprovedPasswordReset.Done();
            },
            cancellationToken
        );

    private IQueryable<ResetRequest> Waiting()
    {
        var since = work.Now - options.Value.ApprovalLifetime;
        return Requests.Where(r =>
            r.HeldAt != null
            && r.ApprovedAt == null
            && r.RedeemedAt == null
            && r.VoidedAt == null
            && r.RequestedAt > since
        );
    }
}

/// <summary>An administrator's reset that waits for another administrator.</summary>
/// <param name="Account">Whose password.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="Until">When it ends by itself.</param>
public sealed record WaitingReset(
    Guid Id,
    RecoverableAccount Account,
    DateTimeOffset RequestedAt,
    Requester From,
    DateTimeOffset Until
);

/// <summary>How an approval ended.</summary>
public abstract record ApprovedPasswordReset
{
    private ApprovedPasswordReset() { }

    /// <summary>The link is on its way; of one that was declined, it never will be.</summary>
    public sealed record Done : ApprovedPasswordReset;

    /// <summary>One's own reset is for somebody else to approve.</summary>
    public sealed record NotYours : ApprovedPasswordReset;

    /// <summary>It does not wait any more.</summary>
    public sealed record Gone : ApprovedPasswordReset;
}
