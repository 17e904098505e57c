using System.Data.Common;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>
/// Makes a confirmed address the account's own, under which its owner signs in. The one before stays as a confirmed
/// further one until it is removed. Every open reset link and every other session ends (threats 7 and 14). The caller
/// asks for a fresh proof first.
/// </summary>
public sealed class MakeAddressPrimary(UnitOfWork work, IAccounts accounts, ISignedInSessions sessions, AuditLog audit)
{
    private DbSet<RecoveryAddress> Addresses => work.Context.Set<RecoveryAddress>();

    /// <summary>Does it.</summary>
    /// <param name="account">The account as it was when it was asked for.</param>
    /// <param name="sessionId">The session in which it is done, which goes on.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<MadeAddressPrimary> RunAsync(
        RecoverableAccount account,
        string sessionId,
        Guid addressId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var address = await Addresses
            .AsNoTracking()
            .SingleOrDefaultAsync(
                a => a.Id == addressId && a.AccountId == account.Id && a.Confirmed != null,
                cancellationToken
            );
        if (address is null)
        {
            return new MadeAddressPrimary.Gone();
        }

        try
        {
            return await work.RunAsync(
                inner => ChangeAsync(account, sessionId, address, requester, inner),
                cancellationToken
            );
        }
        catch (Exception exception)
            when (exception is DbException or DbUpdateException && !cancellationToken.IsCancellationRequested)
        {
            // An account with this address was made at the same moment. Anything else is an outage.
            var holder = await accounts.FindByAddressAsync(address.Normalized, cancellationToken);
            if (holder is null || holder.Id == account.Id)
            {
                throw;
            }

            return new MadeAddressPrimary.Taken();
        }
    }

    private async Task<MadeAddressPrimary> ChangeAsync(
        RecoverableAccount account,
        string sessionId,
        RecoveryAddress address,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;

        // Order: the row gives up its place and its name before the old address takes them.
        var given = await Addresses
            .Where(a => a.Id == address.Id && a.Confirmed != null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(a => a.Confirmed, (string?)null)
                        .SetProperty(a => a.Place, (int?)null)
                        .SetProperty(a => a.RemovedAt, now),
                cancellationToken
            );
        if (given == 0)
        {
            return new MadeAddressPrimary.Gone();
        }

        if (!await accounts.SetAddressAsync(account, address.Address, cancellationToken))
        {
            // What was given up above stands only with the rest.
            await TakeBackAsync(address, cancellationToken);
            var holder = await accounts.FindByAddressAsync(address.Normalized, cancellationToken);
            return holder is not null && holder.Id != account.Id
                ? new MadeAddressPrimary.Taken()
                : new MadeAddressPrimary.Gone();
        }

        if (account.EmailConfirmed)
        {
            work.Context.Add(
                new RecoveryAddress
                {
                    Id = Guid.CreateVersion7(now),
                    AccountId = account.Id,
                    Place = address.Place,
                    Address = account.Email,
                    Normalized = account.Address,
                    Confirmed = account.Address,
                    ConfirmedAt = now,
                    CreatedAt = now,
                    AskedAt = now,
                }
            );
        }

        await sessions.KeepAsync(account.Id, sessionId, cancellationToken);
        await OpenResets.VoidAsync(work, account.Id, cancellationToken);
        EndAccess.Enqueue(work, account.Id);
        SendAddressNotice.Enqueue(
            work,
            audit.Add(AuditEventTypes.AddressChanged, account.Id, requester, address.Id.ToString(), actorId: account.Id)
        );
        return new MadeAddressPrimary.Done(address.Address);
    }

    private Task<int> TakeBackAsync(RecoveryAddress address, CancellationToken cancellationToken) =>
        Addresses
            .Where(a => a.Id == address.Id)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(a => a.Confirmed, address.Confirmed)
                        .SetProperty(a => a.Place, address.Place)
                        .SetProperty(a => a.RemovedAt, (DateTimeOffset?)null),
                cancellationToken
            );
}

/// <summary>How the change of the primary address ended.</summary>
public abstract record MadeAddressPrimary
{
    private MadeAddressPrimary() { }

    /// <summary>The address is the account's own.</summary>
    /// <param name="Address">As entered.</param>
    public sealed record Done(string Address) : MadeAddressPrimary;

    /// <summary>It does not count for this account, or another change was first.</summary>
    public sealed record Gone : MadeAddressPrimary;

    /// <summary>It has become another account's own in the meantime.</summary>
    public sealed record Taken : MadeAddressPrimary;
}
