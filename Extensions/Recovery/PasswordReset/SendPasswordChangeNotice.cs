using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.PasswordReset;

/// <summary>Step 6, a job: tells the owner that the password was changed (SP 800-63B-4, 4.6).</summary>
internal sealed class SendPasswordChangeNotice(
    UnitOfWork work,
    IAccounts accounts,
    Secrets secrets,
    IRecoveryLinks links,
    MailDesk desk
) : MailJob(desk)
{
    public const string Kind = "password-change.notice";

    private DbSet<PasswordChangeNotice> Notices => work.Context.Set<PasswordChangeNotice>();

    /// <summary>Adds the notice and its work to the transaction of the change.</summary>
    public static void Enqueue(UnitOfWork work, string accountId, Requester requester, TimeSpan linkLifetime)
    {
        var notice = new PasswordChangeNotice
        {
            Id = Guid.CreateVersion7(work.Now),
            AccountId = accountId,
            ChangedAt = work.Now,
            Network = requester.Network,
            Browser = requester.Browser,
            ExpiresAt = work.Now + linkLifetime,
        };
        work.Context.Add(notice);
        work.Enqueue(Kind, notice.Id.ToString());
    }

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var notice = await Notices.AsNoTracking().SingleOrDefaultAsync(n => n.Id == id, cancellationToken);
        if (notice is not { SentAt: null })
        {
            return null;
        }

        if (
            await accounts.FindAsync(notice.AccountId, cancellationToken) is not { } account
            || await Desk.Told.RecipientAsync(
                entry,
                account,
                notice.ChangedAt,
                cancellationToken,
                address => Copy(notice, address)
            )
                is not { } recipient
        )
        {
            return null;
        }

        var token = secrets.Unprotect(notice.ProtectedToken) ?? Secrets.NewToken();
        var address = EmailAddress.Normalize(recipient.Address);
        await Notices
            .Where(n => n.Id == id && n.SentAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(n => n.TokenHash, Secrets.Hash(token))
                        .SetProperty(n => n.Address, address)
                        .SetProperty(n => n.ProtectedToken, secrets.Protect(token)),
                cancellationToken
            );
        return new(
            new RecoveryMail.PasswordChanged(
                recipient,
                notice.ChangedAt,
                new Requester(notice.Network, notice.Browser),
                links.ReportNotMe(token),
                notice.ExpiresAt
            ),
            id.ToString("n")
        )
        {
            Told = account,
            Mark = stop => MarkSentAsync(id, stop),
        };
    }

    private Task MarkSentAsync(Guid id, CancellationToken cancellationToken) =>
        Notices
            .Where(n => n.Id == id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(n => n.SentAt, work.Now).SetProperty(n => n.ProtectedToken, (string?)null),
                cancellationToken
            );

    // Each mailbox has a link of its own.
    private string Copy(PasswordChangeNotice notice, RecoveryAddress address)
    {
        var copy = new PasswordChangeNotice
        {
            Id = Guid.CreateVersion7(work.Now),
            AccountId = notice.AccountId,
            Address = address.Normalized,
            ChangedAt = notice.ChangedAt,
            Network = notice.Network,
            Browser = notice.Browser,
            ExpiresAt = notice.ExpiresAt,
        };
        work.Context.Add(copy);
        return copy.Id.ToString();
    }
}
