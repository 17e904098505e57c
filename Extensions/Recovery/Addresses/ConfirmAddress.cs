using System.Data.Common;
using System.Text;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Addresses;

/// <summary>
/// Step 3. The code has come back: the address counts. The try is counted in a statement of its own before the code is
/// looked at, so that parallel guesses cannot outrun the counter (threat 9).
/// </summary>
public sealed class ConfirmAddress(UnitOfWork work, IAccounts accounts, Secrets secrets, AuditLog audit)
{
    private DbSet<RecoveryAddress> Addresses => work.Context.Set<RecoveryAddress>();

    /// <summary>Confirms it.</summary>
    /// <param name="accountId">Whose it is to be.</param>
    /// <param name="code">What a person typed; spaces and hyphens are forgiven.</param>
    /// <param name="cancellationToken">Stops; the try stays counted.</param>
    public async Task<ConfirmedAddress> RunAsync(
        string accountId,
        Guid addressId,
        string? code,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var typed = Read(code);
        if (typed is null || !await CountAsync(accountId, addressId, cancellationToken))
        {
            return new ConfirmedAddress.Refused();
        }

        var address = await Addresses.AsNoTracking().SingleOrDefaultAsync(a => a.Id == addressId, cancellationToken);
        if (
            address is null
            || secrets.UnprotectCode(addressId, address.ProtectedCode) is not { } sent
            || !Secrets.Same(Encoding.ASCII.GetBytes(sent), Encoding.ASCII.GetBytes(typed))
            || await IsOfAnotherAsync(address, cancellationToken)
        )
        {
            return new ConfirmedAddress.Refused();
        }

        try
        {
            return await work.RunAsync(inner => KeepAsync(address, requester, inner), cancellationToken);
        }
        catch (DbException) when (!cancellationToken.IsCancellationRequested)
        {
            // Two accounts at once: the unique index let one of them have it. Anything else is an outage.
            if (!await IsOfAnotherAsync(address, cancellationToken))
            {
                throw;
            }

            return new ConfirmedAddress.Refused();
        }
    }

    private async Task<bool> CountAsync(string accountId, Guid addressId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        return await Addresses
                .Where(a =>
                    a.Id == addressId
                    && a.AccountId == accountId
                    && a.ConfirmedAt == null
                    && a.CodeExpiresAt > now
                    && a.Tries < RecoveryAddress.MaxTries
                )
                .ExecuteUpdateAsync(set => set.SetProperty(a => a.Tries, a => a.Tries + 1), cancellationToken) == 1;
    }

    private async Task<ConfirmedAddress> KeepAsync(
        RecoveryAddress address,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // The code guards: of two that bring it, or one and a request for a new code, one is first.
        var confirmed = await Addresses
            .Where(a => a.Id == address.Id && a.ConfirmedAt == null && a.ProtectedCode == address.ProtectedCode)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(a => a.Confirmed, address.Normalized)
                        .SetProperty(a => a.ConfirmedAt, work.Now)
                        .SetProperty(a => a.ProtectedCode, (string?)null),
                cancellationToken
            );
        if (confirmed == 0)
        {
            return new ConfirmedAddress.Refused();
        }

        SendAddressNotice.Enqueue(
            work,
            audit.Add(
                AuditEventTypes.AddressConfirmed,
                address.AccountId,
                requester,
                address.Id.ToString(),
                actorId: address.AccountId
            )
        );
        return new ConfirmedAddress.Done(address.Address);
    }

    private async Task<bool> IsOfAnotherAsync(RecoveryAddress address, CancellationToken cancellationToken) =>
        await accounts.FindByAddressAsync(address.Normalized, cancellationToken) is { } holder
        && holder.Id != address.AccountId;

    private static string? Read(string? code)
    {
        var typed = new string([.. (code ?? "").Where(c => !char.IsWhiteSpace(c) && c != '-').Take(10)]);
        return typed.Length == RecoveryAddress.CodeLength && typed.All(char.IsAsciiDigit) ? typed : null;
    }
}

/// <summary>The answer to a code.</summary>
public abstract record ConfirmedAddress
{
    private ConfirmedAddress() { }

    /// <summary>The address counts.</summary>
    /// <param name="Address">As entered.</param>
    public sealed record Done(string Address) : ConfirmedAddress;

    /// <summary>The code is wrong, void, replaced or expired: they are not told apart.</summary>
    public sealed record Refused : ConfirmedAddress;
}
