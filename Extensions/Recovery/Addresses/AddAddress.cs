using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Addresses;

/// <summary>
/// Step 1. Keeps an address that does not count yet, and asks for a code to be mailed to it. It never looks up whose
/// the address is: every address gets the same answer (threat 11). The caller asks for a fresh proof first.
/// </summary>
public sealed class AddAddress(UnitOfWork work, AuditLog audit, MailLimits limits, IOptions<AddressOptions> options)
{
    private const int Tries = 3;

    private readonly AddressOptions options = options.Value;

    private DbSet<RecoveryAddress> Addresses => work.Context.Set<RecoveryAddress>();

    /// <summary>Adds an address, or asks for a new code for one that waits for it.</summary>
    /// <param name="account">Whose it is to be.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public async Task<AddedAddress> RunAsync(
        RecoverableAccount account,
        string? email,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (EmailAddress.Normalize(email) is not { } normalized)
        {
            return new AddedAddress.NotAnAddress();
        }

        if (normalized == account.Address)
        {
            return new AddedAddress.AlreadyYours();
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work.RunAsync(
                    inner => KeepAsync(account, email!.Trim(' '), normalized, requester, inner),
                    cancellationToken
                );
            }
            catch (DbUpdateException) when (attempt < Tries && !cancellationToken.IsCancellationRequested)
            {
                // Another request took the same place.
            }
        }
    }

    /// <summary>Asks for a new code for an address that waits for it; the one before is void.</summary>
    /// <param name="account">Whose it is to be.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public async Task<AddedAddress> AgainAsync(
        RecoverableAccount account,
        Guid addressId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var address = await Addresses
            .Where(a => a.Id == addressId && a.AccountId == account.Id && a.Place != null)
            .Select(a => a.Address)
            .SingleOrDefaultAsync(cancellationToken);
        return await RunAsync(account, address, requester, cancellationToken);
    }

    private async Task<AddedAddress> KeepAsync(
        RecoverableAccount account,
        string address,
        string normalized,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var held = await Addresses
            .AsNoTracking()
            .Where(a => a.AccountId == account.Id && a.Place != null)
            .ToListAsync(cancellationToken);
        var known = held.Find(a => a.Normalized == normalized);
        if (known?.ConfirmedAt is not null)
        {
            return new AddedAddress.AlreadyYours();
        }

        if (known is null && held.Count >= options.Max)
        {
            return new AddedAddress.TooMany(options.Max);
        }

        // Security: threat 9. Each code can be guessed at five times, so that codes are counted too.
        if (!await limits.TryTakeAsync(account.Id, normalized, requester, cancellationToken))
        {
            return new AddedAddress.Limited();
        }

        if (known is not null)
        {
            return await AskAgainAsync(known, requester, cancellationToken);
        }

        var now = work.Now;
        var added = new RecoveryAddress
        {
            Id = Guid.CreateVersion7(now),
            AccountId = account.Id,
            Place = Enumerable.Range(1, options.Max).First(p => held.All(a => a.Place != p)),
            Address = address,
            Normalized = normalized,
            CreatedAt = now,
            AskedAt = now,
            Network = requester.Network,
            Browser = requester.Browser,
            CodeNumber = 1,
        };
        work.Context.Add(added);
        audit.Add(AuditEventTypes.AddressAdded, account.Id, requester, added.Id.ToString(), actorId: account.Id);
        SendAddressCode.Enqueue(work, added.Id, added.CodeNumber);
        return new AddedAddress.CodeSent(added.Id);
    }

    private async Task<AddedAddress> AskAgainAsync(
        RecoveryAddress known,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var number = known.CodeNumber + 1;
        var asked = await Addresses
            .Where(a => a.Id == known.Id && a.ConfirmedAt == null && a.CodeNumber == known.CodeNumber)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(a => a.CodeNumber, number)
                        .SetProperty(a => a.AskedAt, work.Now)
                        .SetProperty(a => a.Network, requester.Network)
                        .SetProperty(a => a.Browser, requester.Browser)
                        .SetProperty(a => a.ProtectedCode, (string?)null)
                        .SetProperty(a => a.CodeExpiresAt, (DateTimeOffset?)null)
                        .SetProperty(a => a.CodeSentAt, (DateTimeOffset?)null)
                        .SetProperty(a => a.Tries, 0),
                cancellationToken
            );
        if (asked == 1)
        {
            SendAddressCode.Enqueue(work, known.Id, number);
        }

        return new AddedAddress.CodeSent(known.Id);
    }
}

/// <summary>The answer to a new address: it never tells whether the address is somebody else's.</summary>
public abstract record AddedAddress
{
    private AddedAddress() { }

    /// <summary>It waits for its code, which is on its way.</summary>
    public sealed record CodeSent(Guid AddressId) : AddedAddress;

    /// <summary>The text is not an address.</summary>
    public sealed record NotAnAddress : AddedAddress;

    /// <summary>It counts already for this account.</summary>
    public sealed record AlreadyYours : AddedAddress;

    /// <summary>The account has as many as it may have.</summary>
    /// <param name="Max">How many that is.</param>
    public sealed record TooMany(int Max) : AddedAddress;

    /// <summary>So many codes were asked for that none is sent for a while.</summary>
    public sealed record Limited : AddedAddress;
}
