using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.OpenId.Logout;
using IdP.Recovery;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.OpenId.RelyingParties;

/// <summary>
/// An application: what it holds of the account's is revoked, and it is told of the sessions that have ended. Ending them
/// is not this one's work; but a receipt says so only once it is done.
/// </summary>
internal sealed class RelyingPartyConnector(
    IdpDbContext context,
    ClientRegistry clients,
    IAccountSessions sessions,
    IAccountGrants grants,
    OutboxRunner runner
) : IEndpointConnector
{
    private static readonly TimeSpan ClocksApart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BehindItsWorker = TimeSpan.FromMinutes(1);

    public string Kind => RelyingPartyEndpoints.Kind;

    public IReadOnlyList<EndpointField> Fields => [];

    public CredentialChanges Changes => RelyingPartyEndpoints.Follows;

    public async Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken)
    {
        var (clientId, accountId) = (delivery.Reference!, delivery.Account.Id);
        if (clients.FindByClientId(clientId) is not { Id: var applicationId })
        {
            return new DeliveryOutcome.Refused(DeliveryFlaw.Removed);
        }

        await sessions.EndOutdatedAsync(accountId, cancellationToken);
        if (await HoldsAsync(accountId, applicationId!, delivery.At, cancellationToken))
        {
            await grants.RevokeTokensAsync(accountId, delivery.At, cancellationToken);
        }

        // Whenever its sessions ended: who is told of all of them is told of these, and no clock is trusted.
        var notices = context
            .Set<LogoutNotice>()
            .AsNoTracking()
            .Where(n => n.AccountId == accountId && n.ClientId == clientId);
        var waits = false;
        foreach (
            var id in await notices.Where(n => n.RefusedAt == null).Select(n => n.Id).ToListAsync(cancellationToken)
        )
        {
            waits |= await IsUnderWayAsync(id.ToString(), cancellationToken);
        }

        // One that was refused stays for a while, so that only those of this change are looked at.
        var since = delivery.At - ClocksApart;
        var left = await notices
            .Where(n => n.RefusedAt == null || n.EndedAt >= since)
            .OrderBy(n => n.RefusedAt == null)
            .ThenBy(n => n.Id)
            .FirstOrDefaultAsync(cancellationToken);
        return left is null
            ? BackChannelLogout.UriOf(clients, clientId) is null
                ? new DeliveryOutcome.Sent()
                : new DeliveryOutcome.Applied()
            : left.RefusedAt is not null
                ? new DeliveryOutcome.Refused(DeliveryFlaw.Refused, left.Answer)
                : waits && left.Answer is null
                    ? new DeliveryOutcome.Waits(BehindItsWorker)
                    : new DeliveryOutcome.NotYet(
                        left.Answer is null ? DeliveryFlaw.Unreachable : DeliveryFlaw.Unavailable,
                        left.Answer
                    );
    }

    private async Task<bool> HoldsAsync(
        string accountId,
        string applicationId,
        DateTimeOffset until,
        CancellationToken cancellationToken
    )
    {
        var before = until.UtcDateTime;
        return await context
            .Set<OpenIddictEntityFrameworkCoreToken>()
            .AnyAsync(
                t =>
                    t.Subject == accountId
                    && t.Application!.Id == applicationId
                    && t.Status == Statuses.Valid
                    && t.CreationDate <= before,
                cancellationToken
            );
    }

    // The notice's own entry is run, so that of this and its own worker one tells the application. True when its worker
    // has it in hand at this moment, who calls this delivery when it is done.
    private async Task<bool> IsUnderWayAsync(string subject, CancellationToken cancellationToken)
    {
        var entries = context
            .Set<OutboxEntry>()
            .AsNoTracking()
            .Where(e => e.Kind == BackChannelLogout.Kind && e.Subject == subject && e.DoneAt == null);
        if (await entries.FirstOrDefaultAsync(cancellationToken) is not { } entry)
        {
            return false;
        }

        await runner.RunAsync(entry.Id, cancellationToken);
        return await entries.AnyAsync(e => e.Attempts == entry.Attempts && e.LastError == null, cancellationToken);
    }
}
