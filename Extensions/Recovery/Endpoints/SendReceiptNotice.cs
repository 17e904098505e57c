using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// A job: tells a person of the services that have not taken their new password, all of one change in one mail, some
/// minutes after the first.
/// </summary>
internal sealed class SendReceiptNotice(UnitOfWork work, IAccounts accounts, IRecoveryLinks links, MailDesk desk)
    : MailJob(desk)
{
    public const string Kind = "receipts.notice";

    private static readonly TimeSpan Together = TimeSpan.FromMinutes(10);

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    /// <summary>Adds the work to the transaction that ends a receipt, or lets it wait; once for all that come within minutes.</summary>
    public static async Task EnqueueAsync(UnitOfWork work, Receipt receipt, CancellationToken cancellationToken)
    {
        var subject = receipt.CauseId.ToString();
        if (
            receipt.Change == CredentialChanges.PasswordChanged
            && !await work
                .Context.Set<OutboxEntry>()
                .AnyAsync(
                    e => e.Kind == Kind && e.Subject == subject && e.DoneAt == null && e.GivenUpAt == null,
                    cancellationToken
                )
        )
        {
            work.EnqueueLater(Kind, subject, work.Now + Together);
        }
    }

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var causeId = Guid.Parse(entry.Subject);
        var behind = await Receipts
            .AsNoTracking()
            .Where(r =>
                r.CauseId == causeId
                && r.ToldAt == null
                && (r.State == ReceiptState.Failed || r.State == ReceiptState.WaitsForSignIn)
            )
            .OrderBy(r => r.EndpointName)
            .ToListAsync(cancellationToken);
        if (
            behind.Count == 0
            || await accounts.FindAsync(behind[0].AccountId, cancellationToken) is not { EmailConfirmed: true } account
        )
        {
            return null;
        }

        var ids = behind.Select(r => r.Id).ToList();
        return new(
            new RecoveryMail.ServicesBehind(
                account.Recipient,
                behind[0].CreatedAt,
                Names(behind, ReceiptState.WaitsForSignIn),
                Names(behind, ReceiptState.Failed),
                links.Services()
            ),
            entry.Id.ToString("n")
        )
        {
            Told = account,
            Mark = stop =>
                Receipts
                    .Where(r => ids.Contains(r.Id))
                    .ExecuteUpdateAsync(set => set.SetProperty(r => r.ToldAt, work.Now), stop),
        };
    }

    private static IReadOnlyList<string> Names(List<Receipt> receipts, ReceiptState state) =>
        [.. receipts.Where(r => r.State == state).Select(r => r.EndpointName)];
}
