using System.Net;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Tells the network that an address counts under: many addresses are one person's, or one attacker's.</summary>
/// <param name="options">How many bits of an address are its network's.</param>
public sealed class Networks(IOptions<PasswordResetOptions> options)
{
    private readonly PasswordResetOptions options = options.Value;

    /// <summary>The network of an address; all that is no address is one.</summary>
    /// <param name="address">An address, as <see cref="Requester.Network"/> has it.</param>
    public string Of(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
        {
            return "unknown";
        }

        var bytes = parsed.GetAddressBytes();
        var bits = bytes.Length == 4 ? options.Ipv4NetworkBits : options.Ipv6NetworkBits;
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF << Math.Clamp(8 * (i + 1) - bits, 0, 8));
        }

        return new IPAddress(bytes).ToString();
    }
}
