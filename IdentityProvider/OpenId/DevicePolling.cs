using System.Globalization;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace IdentityProvider.OpenId;

/// <summary>
/// Tells a device that asks too often to slow down (RFC 8628, 3.5), which the engine leaves out. When it asked last is
/// kept in the row of its code, so that every node knows; the row of a code that waits has no other properties.
/// </summary>
internal sealed class DevicePolling(IdpDbContext context, IOpenIddictTokenManager tokens, TimeProvider time)
    : IOpenIddictServerHandler<ValidateTokenContext>
{
    /// <summary>How long a device must wait between two questions; it is told so beside its code.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Two questions sent an interval apart may arrive a little closer together.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    public async ValueTask HandleAsync(ValidateTokenContext context)
    {
        if (
            context is { EndpointType: OpenIddictServerEndpointType.Token, TokenId: { Length: > 0 } tokenId }
            && await tokens.FindByIdAsync(tokenId, context.CancellationToken)
                is OpenIddictEntityFrameworkCoreToken
                {
                    Type: TokenTypeIdentifiers.Private.DeviceCode,
                    Status: Statuses.Inactive
                }
            && !await TryPollAsync(tokenId, context.CancellationToken)
        )
        {
            context.Reject(Errors.SlowDown, "The device must wait longer between its requests.");
        }
    }

    public static ValueTask TellInterval(ApplyDeviceAuthorizationResponseContext context)
    {
        if (string.IsNullOrEmpty(context.Error))
        {
            context.Response["interval"] = (long)Interval.TotalSeconds;
        }

        return ValueTask.CompletedTask;
    }

    // A question that came too early does not count: who goes on at the right pace is answered again.
    private async Task<bool> TryPollAsync(string tokenId, CancellationToken cancellationToken)
    {
        var rows = context.Set<OpenIddictEntityFrameworkCoreToken>().Where(t => t.Id == tokenId);
        var last = await rows.Select(t => t.Properties).SingleOrDefaultAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (last is not null && now < At(last) + Interval - Tolerance)
        {
            return false;
        }

        var polled = "{\"polled\":\"" + now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "\"}";
        return await rows.Where(t => t.Properties == last)
                .ExecuteUpdateAsync(set => set.SetProperty(t => t.Properties, polled), cancellationToken) == 1;
    }

    private static DateTimeOffset At(string properties) =>
        long.TryParse(ClientProperties.Read(properties, "polled"), CultureInfo.InvariantCulture, out var at)
            ? DateTimeOffset.FromUnixTimeMilliseconds(at)
            : DateTimeOffset.MinValue;
}
