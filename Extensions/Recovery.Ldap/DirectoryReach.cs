using System.Net;
using System.Net.Sockets;
using IdP.Recovery.Endpoints;

namespace IdP.Recovery.Ldap;

/// <summary>
/// Whether a directory may be connected to, and its port answers. The library that speaks to it looks its name up once
/// more and says of every broken connection the same; the certificate, which must be for the name, makes sure that it
/// speaks to nobody else.
/// </summary>
internal static class DirectoryReach
{
    /// <summary>What is in the way; null when nothing is.</summary>
    public static async Task<DeliveryFlaw?> FlawAsync(
        OutgoingNetwork network,
        Uri uri,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            // The library may take any of them, and so each must be one that may be connected to.
            var addresses = await Dns.GetHostAddressesAsync(uri.DnsSafeHost, limit.Token);
            if (!addresses.All(network.Allows))
            {
                return DeliveryFlaw.Network;
            }

            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(addresses, PortOf(uri), limit.Token);
            return null;
        }
        catch (SocketException)
        {
            return DeliveryFlaw.Unreachable;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DeliveryFlaw.TimedOut;
        }
    }

    public static int PortOf(Uri uri) =>
        uri.Port > 0 ? uri.Port
        : uri.Scheme == "ldaps" ? 636
        : 389;
}
