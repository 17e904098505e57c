using IdP.Recovery.Endpoints;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>Where events may be pushed to: a receiver chooses the address.</summary>
internal sealed class ReceiverNetwork(IOptions<SharedSignalsOptions> options, IHostEnvironment environment)
    : OutgoingNetwork(
        environment.IsDevelopment() || environment.IsEnvironment("Testing")
            ? [.. options.Value.AllowedNetworks, "127.0.0.0/8", "::1/128"]
            : options.Value.AllowedNetworks
    );
