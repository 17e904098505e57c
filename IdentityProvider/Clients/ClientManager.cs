using Microsoft.Extensions.Options;
using OpenIddict.Abstractions;
using OpenIddict.Core;
using OpenIddict.EntityFrameworkCore.Models;

namespace IdentityProvider.Clients;

/// <summary>The engine's manager, with clients from memory and secrets as <see cref="ClientSecrets"/> keeps them.</summary>
internal sealed class ClientManager(
    IOpenIddictApplicationCache<OpenIddictEntityFrameworkCoreApplication> cache,
    ILogger<OpenIddictApplicationManager<OpenIddictEntityFrameworkCoreApplication>> logger,
    IOptionsMonitor<OpenIddictCoreOptions> options,
    IOpenIddictApplicationStore<OpenIddictEntityFrameworkCoreApplication> store,
    ClientRegistry registry,
    ClientSecrets secrets
) : OpenIddictApplicationManager<OpenIddictEntityFrameworkCoreApplication>(cache, logger, options, store)
{
    public override ValueTask<OpenIddictEntityFrameworkCoreApplication?> FindByClientIdAsync(
        string identifier,
        CancellationToken cancellationToken = default
    ) => new(registry.FindByClientId(identifier));

    public override ValueTask<OpenIddictEntityFrameworkCoreApplication?> FindByIdAsync(
        string identifier,
        CancellationToken cancellationToken = default
    ) => new(registry.FindById(identifier));

    // The clock decides, on every node, when the secret before the one in force is no longer taken.
    public override async ValueTask<bool> ValidateClientSecretAsync(
        OpenIddictEntityFrameworkCoreApplication application,
        string secret,
        CancellationToken cancellationToken = default
    ) =>
        await base.ValidateClientSecretAsync(application, secret, cancellationToken)
        || (
            await HasClientTypeAsync(application, OpenIddictConstants.ClientTypes.Confidential, cancellationToken)
            && await secrets.VerifyPreviousAsync(secret, application.Properties, cancellationToken)
        );

    protected override async ValueTask<string> ObfuscateClientSecretAsync(
        string secret,
        CancellationToken cancellationToken = default
    ) => await secrets.HashAsync(secret, cancellationToken);

    protected override ValueTask<bool> ValidateClientSecretAsync(
        string secret,
        string comparand,
        CancellationToken cancellationToken = default
    ) => secrets.VerifyAsync(secret, comparand, cancellationToken);
}
