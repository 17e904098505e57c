using System.Globalization;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Addresses;

/// <summary>
/// Step 2, a job: mints the code and mails it to the new address. Where the address is another account's, its owner is
/// told so and no code is sent.
/// </summary>
internal sealed class SendAddressCode(
    UnitOfWork work,
    IAccounts accounts,
    Secrets secrets,
    IOptions<AddressOptions> options,
    MailDesk desk
) : MailJob(desk)
{
    public const string Kind = "address.code";

    // SP 800-63B-4, 4.2.1.2: what is sent by mail lives 24 hours at most.
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);

    private DbSet<RecoveryAddress> Addresses => work.Context.Set<RecoveryAddress>();

    /// <summary>Adds the work to the transaction in which a code was asked for.</summary>
    public static void Enqueue(UnitOfWork work, Guid addressId, int number) =>
        work.Enqueue(Kind, string.Create(CultureInfo.InvariantCulture, $"{addressId}/{number}"));

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var subject = entry.Subject.Split('/');
        var id = Guid.Parse(subject[0]);
        var number = int.Parse(subject[1], CultureInfo.InvariantCulture);
        var address = await Addresses
            .AsNoTracking()
            .SingleOrDefaultAsync(
                a => a.Id == id && a.CodeNumber == number && a.CodeSentAt == null && a.ConfirmedAt == null,
                cancellationToken
            );
        if (
            address is null
            || address.AskedAt + LongestLife <= work.Now
            || await accounts.FindAsync(address.AccountId, cancellationToken) is not { } account
        )
        {
            return null;
        }

        var holder = await accounts.FindByAddressAsync(address.Normalized, cancellationToken);
        var code =
            holder is null || holder.Id == account.Id
                ? secrets.UnprotectCode(id, address.ProtectedCode) ?? Secrets.NewCode()
                : null;

        // Nobody has the code before a mail is accepted, so each try starts its life anew.
        var expiresAt = work.Now + options.Value.CodeLifetime;
        var atRest = code is null ? null : secrets.ProtectCode(id, code);
        var written = await WhileWaiting(id, number)
            .ExecuteUpdateAsync(
                set => set.SetProperty(a => a.ProtectedCode, atRest).SetProperty(a => a.CodeExpiresAt, expiresAt),
                cancellationToken
            );
        if (written == 0)
        {
            return null;
        }

        return new(
            code is null
                ? new RecoveryMail.AddressTaken(
                    holder!.RecipientAt(address.Address),
                    address.AskedAt,
                    address.Requester
                )
                // Security: threat 3. Whoever asked may not be who reads it: nothing that the account's owner chose
                // stands in the mail.
                : new RecoveryMail.AddressCode(
                    new(address.Address, null, account.Language, account.TimeZone),
                    code,
                    expiresAt,
                    address.AskedAt,
                    address.Requester
                ),
            string.Create(CultureInfo.InvariantCulture, $"{id:n}.{number}")
        )
        {
            Mark = stop =>
                WhileWaiting(id, number).ExecuteUpdateAsync(set => set.SetProperty(a => a.CodeSentAt, work.Now), stop),
        };
    }

    private IQueryable<RecoveryAddress> WhileWaiting(Guid id, int number) =>
        Addresses.Where(a => a.Id == id && a.CodeNumber == number && a.CodeSentAt == null && a.ConfirmedAt == null);
}
