using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>Another administrator stops an administrator's reset while it is pending, by the link mailed to them.</summary>
public sealed class StopPasswordReset(UnitOfWork work, IAccounts accounts, MailedLinks mailed, AuditLog audit)
{
    /// <summary>Whose reset a link stops; null when it is unknown, used or expired. Changes nothing.</summary>
    /// <param name="token">From the protected cookie.</param>
    public async Task<RecoverableAccount?> LookAsync(string? token, CancellationToken cancellationToken) =>
        await mailed.FindAsync(MailedLinkKind.StopReset, token, cancellationToken) is { } link
        && await FindAsync(link, cancellationToken) is { AccountId: { } accountId }
            ? await accounts.FindAsync(accountId, cancellationToken)
            : null;

    /// <summary>Stops it.</summary>
    /// <param name="token">From the protected cookie.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<StoppedPasswordReset> RunAsync(
        string? token,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (
            await mailed.FindAsync(MailedLinkKind.StopReset, token, cancellationToken) is not { } link
            || await FindAsync(link, cancellationToken) is not { } request
        )
        {
            return new StoppedPasswordReset.Gone();
        }

        return await work.RunAsync<StoppedPasswordReset>(
            async inner =>
            {
                await mailed.SpendAsync(link.Id, inner);
                var stopped = await work
                    .Context.Set<ResetRequest>()
                    .Where(r => r.Id == request.Id)
                    .VoidAsync(work.Now, inner);
                if (stopped == 0)
                {
                    return new StoppedPasswordReset.TooLate();
                }

                audit.Add(
                    AuditEventTypes.ResetVoided,
                    request.AccountId,
                    requester,
                    request.Id.ToString(),
                    AuditReasons.Stopped,
                    link.AccountId
                );
                return new StoppedPasswordReset.Done();
            },
            cancellationToken
        );
    }

    private Task<ResetRequest?> FindAsync(MailedLink link, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(link.SubjectId!);
        return work.Context.Set<ResetRequest>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
    }
}

/// <summary>How a stop ended.</summary>
public abstract record StoppedPasswordReset
{
    private StoppedPasswordReset() { }

    /// <summary>The link of that reset is worthless.</summary>
    public sealed record Done : StoppedPasswordReset;

    /// <summary>The reset was over already: completed, stopped by somebody else, or expired.</summary>
    public sealed record TooLate : StoppedPasswordReset;

    /// <summary>The stop link is unknown, used or expired.</summary>
    public sealed record Gone : StoppedPasswordReset;
}
