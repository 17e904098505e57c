using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>
/// The one way in which a notice reaches every confirmed address of an account (SP 800-63B-4, 4.6). The entry of the
/// cause tells the account's own address and adds, once, an entry for each further one: each is tried again by itself,
/// so that nobody who has the mail gets it twice (threat 17).
/// </summary>
internal sealed class TellEveryAddress(UnitOfWork work)
{
    private readonly List<string> told = [];

    /// <summary>Whom a mail has reached, for the audit; the entry's runner keeps it with the entry's end.</summary>
    public IReadOnlyList<string> Told => told;

    /// <summary>The mail server has taken the mail.</summary>
    public void Sent(RecoverableAccount account) => told.Add(account.Id);

    /// <summary>
    /// Whom an entry tells; null when nobody. To be called before the first mail of the entry, whatever becomes of it.
    /// </summary>
    /// <param name="account">Who is told.</param>
    /// <param name="at">When the cause happened: an address that was removed since is told too.</param>
    /// <param name="cancellationToken">Stops; nothing is added then.</param>
    /// <param name="subject">
    /// Gives what the entry of an address is about; by default the same as this one. A notice with a link makes a link of
    /// its own for each.
    /// </param>
    /// <param name="alsoTo">An address that the cause is about, whether or not it counts still.</param>
    public async Task<MailRecipient?> RecipientAsync(
        OutboxEntry entry,
        RecoverableAccount account,
        DateTimeOffset at,
        CancellationToken cancellationToken,
        Func<RecoveryAddress, string>? subject = null,
        Guid? alsoTo = null
    )
    {
        if (entry.AddressId is { } id)
        {
            var address = await work
                .Context.Set<RecoveryAddress>()
                .AsNoTracking()
                .SingleOrDefaultAsync(a => a.Id == id, cancellationToken);
            return address is null ? null : account.RecipientAt(address.Address);
        }

        await work.RunAsync(inner => SpreadAsync(entry, account, at, subject, alsoTo, inner), cancellationToken);
        return account.EmailConfirmed ? account.Recipient : null;
    }

    /// <summary>The left part of the Message-ID of a notice whose subject is shared by its entries.</summary>
    public static string MessageId(OutboxEntry entry, Guid id) =>
        entry.AddressId is { } addressId ? $"{id:n}.{addressId:n}" : $"{id:n}";

    private async Task SpreadAsync(
        OutboxEntry entry,
        RecoverableAccount account,
        DateTimeOffset at,
        Func<RecoveryAddress, string>? subject,
        Guid? alsoTo,
        CancellationToken cancellationToken
    )
    {
        // Security: threat 17. A try after a failure finds it done.
        var first = await work
            .Context.Set<OutboxEntry>()
            .Where(e => e.Id == entry.Id && e.SpreadAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.SpreadAt, work.Now), cancellationToken);
        if (first == 0)
        {
            return;
        }

        var further = await work
            .Context.Set<RecoveryAddress>()
            .AsNoTracking()
            .Where(a =>
                a.AccountId == account.Id
                && a.ConfirmedAt != null
                && (a.RemovedAt == null || a.RemovedAt >= at || a.Id == alsoTo)
                && a.Normalized != account.Address
            )
            .OrderBy(a => a.CreatedAt)
            .ToListAsync(cancellationToken);
        foreach (var address in further.DistinctBy(a => a.Normalized))
        {
            work.EnqueueFor(address.Id, entry.Kind, subject?.Invoke(address) ?? entry.Subject);
        }
    }
}
