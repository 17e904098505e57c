using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace IdentityProvider.Clients;

/// <summary>How the making of a new secret ended.</summary>
internal abstract record RotatedSecret
{
    private RotatedSecret() { }

    /// <summary>It is made.</summary>
    /// <param name="Secret">To be shown this once.</param>
    /// <param name="PreviousUntil">Until when the one before is taken; null when it is not any more.</param>
    public sealed record Done(string Secret, DateTimeOffset? PreviousUntil) : RotatedSecret;

    /// <summary>There is no such client, or it has no secret: it is public, or proves itself by a key.</summary>
    public sealed record NoSecret : RotatedSecret;

    /// <summary>The client is not as the administrator saw it: another has changed it meanwhile.</summary>
    public sealed record Changed : RotatedSecret;
}

/// <summary>
/// Gives a client a new secret. The one before stays good for <see cref="ClientOptions.SecretOverlap"/>, so that the
/// application can take over the new one in its own time; one older than that ends at once, so there are two at most.
/// </summary>
internal sealed class RotateClientSecret(
    UnitOfWork work,
    IdpDbContext context,
    IOpenIddictApplicationManager applications,
    AuditLog audit,
    ClientsReloaded reloaded,
    IOptions<ClientOptions> options
)
{
    /// <summary>Makes the secret.</summary>
    /// <param name="seen">The version of the client that the administrator saw.</param>
    /// <param name="actor">The administrator.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<RotatedSecret> RunAsync(
        string clientId,
        string? seen,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            new(
                clientId,
                // A page sent twice makes one secret: the second time, the client is not as it was seen.
                client => client.ConcurrencyToken == seen,
                ClientSecrets.Generate(),
                options.Value.SecretOverlap
            ),
            actor,
            requester,
            cancellationToken
        );

    /// <summary>Puts a secret in the place of the one in force.</summary>
    /// <param name="secret">The new one: generated, or brought by a person.</param>
    /// <param name="overlap">How long the one in force is still taken; 0 ends it at once.</param>
    /// <param name="cancellationToken">Stops; nothing is changed then.</param>
    public Task<RotatedSecret> ReplaceAsync(
        string clientId,
        string secret,
        TimeSpan overlap,
        Actor actor,
        CancellationToken cancellationToken
    ) => RunAsync(new(clientId, _ => true, secret, overlap), actor, Requester.None, cancellationToken);

    private async Task<RotatedSecret> RunAsync(
        NewSecret wanted,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        RotatedSecret result;
        try
        {
            result = await work.RunAsync(token => RotateAsync(wanted, actor, requester, token), cancellationToken);
        }
        catch (OpenIddictExceptions.ConcurrencyException)
        {
            return new RotatedSecret.Changed();
        }

        await reloaded.RunAsync(cancellationToken);
        return result;
    }

    private async Task<RotatedSecret> RotateAsync(
        NewSecret wanted,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        // Tracked: the engine's manager gives clients from memory, which are not to be changed.
        var client = await context
            .Set<OpenIddictEntityFrameworkCoreApplication>()
            .SingleOrDefaultAsync(a => a.ClientId == wanted.ClientId, cancellationToken);
        if (client is not { ClientType: ClientTypes.Confidential, ClientSecret: { } current })
        {
            return new RotatedSecret.NoSecret();
        }

        if (!wanted.IsAsSeen(client))
        {
            return new RotatedSecret.Changed();
        }

        var descriptor = new OpenIddictApplicationDescriptor();
        await applications.PopulateAsync(descriptor, client, cancellationToken);
        var added = audit.Add(
            AuditEventTypes.ClientSecretRotated,
            accountId: null,
            requester,
            wanted.ClientId,
            actorId: actor.Id,
            proof: actor.Proof
        );
        var history = SecretHistory.Of(descriptor).Replace(current, wanted.Overlap, added.At);
        history.KeepIn(descriptor);
        descriptor.ClientSecret = wanted.Secret; // The manager hashes it.
        await applications.UpdateAsync(client, descriptor, cancellationToken);
        return new RotatedSecret.Done(wanted.Secret, history.Overlaps(added.At) ? history.PreviousUntil : null);
    }

    private sealed record NewSecret(
        string ClientId,
        Func<OpenIddictEntityFrameworkCoreApplication, bool> IsAsSeen,
        string Secret,
        TimeSpan Overlap
    );
}

/// <summary>Lets this node know of a change of the clients at once; the others find it within two seconds.</summary>
internal sealed class ClientsReloaded(ClientRegistry registry, ProviderChanges changes, IdpDbContext context)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await registry.ReloadAsync(context, cancellationToken))
        {
            changes.Announce();
        }
    }
}
