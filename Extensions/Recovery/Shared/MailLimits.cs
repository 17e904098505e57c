using System.Net;
using IdP.Recovery.Addresses;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// How much mail a stranger can make this host send: reset requests and the codes of new addresses take the same places
/// (threats 9 and 12).
/// </summary>
public sealed class MailLimits(
    RequestLimits limits,
    IOptions<PasswordResetOptions> options,
    IOptions<AddressOptions> addresses
)
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private readonly PasswordResetOptions options = options.Value;

    /// <summary>
    /// Takes a place for a mail to an address that anybody may name; false when there is none. Security: threat 21. Each
    /// portal has places of its own, or requests under the wrong one would use up those of an address's owner.
    /// </summary>
    // Order: the network first, so that a flood from one place does not use up the places of an address.
    internal async Task<bool> TryTakeAsync(
        string address,
        Audience audience,
        RequestOrigin origin,
        CancellationToken cancellationToken
    ) =>
        await limits.TryTakeAsync(
            "password-reset/network/" + NetworkOf(origin.Network),
            options.RequestsPerNetwork,
            options.LimitWindow,
            cancellationToken
        )
        && await limits.TryTakeAsync(
            $"password-reset/address/{audience}/{address}",
            options.RequestsPerAddress,
            options.LimitWindow,
            cancellationToken
        );

    /// <summary>Takes a place for a code that an account asks for; false when there is none.</summary>
    internal async Task<bool> TryTakeAsync(
        string accountId,
        string address,
        RequestOrigin origin,
        CancellationToken cancellationToken
    ) =>
        await limits.TryTakeAsync(
            "address/account/" + accountId,
            addresses.Value.CodesPerDay,
            Day,
            cancellationToken
        ) && await TryTakeAsync(address, Audience.User, origin, cancellationToken);

    /// <summary>The network that a client's address counts under.</summary>
    internal string NetworkOf(string? client)
    {
        if (!IPAddress.TryParse(client, out var address))
        {
            return "unknown";
        }

        var bytes = address.GetAddressBytes();
        var bits = bytes.Length == 4 ? options.Ipv4NetworkBits : options.Ipv6NetworkBits;
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF << Math.Clamp(8 * (i + 1) - bits, 0, 8));
        }

        return new IPAddress(bytes).ToString();
    }
}
