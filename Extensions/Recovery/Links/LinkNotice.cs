using IdP.Recovery.Ports;

namespace IdP.Recovery;

/// <summary>A job: mails a link of <see cref="MailedLink"/>, a link of its own to every confirmed address.</summary>
internal abstract class LinkNotice(UnitOfWork work, IAccounts accounts, MailedLinks mailed, MailDesk desk)
    : MailJob(desk)
{
    protected UnitOfWork Work => work;

    protected IAccounts Accounts => accounts;

    protected sealed override async Task<ReadyMail?> PrepareAsync(
        OutboxEntry entry,
        CancellationToken cancellationToken
    )
    {
        var id = Guid.Parse(entry.Subject);
        if (
            await mailed.PrepareAsync(id, cancellationToken) is not var (link, token)
            || token is null && !TellsWithoutLink
            || await accounts.FindAsync(link.AccountId, cancellationToken) is not { } account
            || await ComposeAsync(link, token, account, cancellationToken) is not { } compose
            || await Desk.Told.RecipientAsync(
                entry,
                account,
                link.At,
                cancellationToken,
                _ => MailedLinks.Copy(work, link).Id.ToString()
            )
                is not { } recipient
        )
        {
            return null;
        }

        return new(compose(recipient), id.ToString("n")) { Told = account, Mark = stop => mailed.SentAsync(id, stop) };
    }

    /// <summary>Whether there is something to tell too when the link would not work any more.</summary>
    protected virtual bool TellsWithoutLink => false;

    /// <summary>What to say to an address; null when it is no longer so.</summary>
    /// <param name="token">For the link; null where it has run out and <see cref="TellsWithoutLink"/>.</param>
    protected abstract Task<Func<MailRecipient, RecoveryMail>?> ComposeAsync(
        MailedLink link,
        string? token,
        RecoverableAccount account,
        CancellationToken cancellationToken
    );
}
