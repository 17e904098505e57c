using System.Net;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Tells the network that a client's address counts under: many addresses are one person's, or one attacker's.</summary>
/// <param name="options">How many bits of an address are its network's.</param>
public sealed class ClientNetworks(IOptions<PasswordResetOptions> options)
{
    private readonly PasswordResetOptions options = options.Value;

    /// <summary>The network of an address; all that is no address is one.</summary>
    /// <param name="client">An address, as <see cref="RequestOrigin.Network"/> has it.</param>
    public string Of(string? client)
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
