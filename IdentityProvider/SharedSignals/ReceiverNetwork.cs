using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace IdentityProvider.SharedSignals;

/// <summary>
/// Where events may be pushed to. Security: a receiver chooses the address, and must not reach through this host into
/// the network that the host stands in (server-side request forgery).
/// </summary>
internal sealed class ReceiverNetwork(IOptions<SharedSignalsOptions> options, IHostEnvironment environment)
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/3",
            "::/127",
            "64:ff9b::/96",
            "2001::/32",
            "2002::/16",
            "fc00::/7",
            "fe80::/10",
            "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    private readonly IPNetwork[] allowed = [.. options.Value.AllowedNetworks.Select(n => IPNetwork.Parse(n))];

    private readonly bool isLoopbackAllowed = environment.IsDevelopment() || environment.IsEnvironment("Testing");

    /// <summary>Whether an address may be pushed to, as far as that can be told without looking its name up.</summary>
    public bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Fragment: "" }
        && (uri.Scheme == Uri.UriSchemeHttps || (uri is { Scheme: "http", IsLoopback: true } && isLoopbackAllowed))
        && (isLoopbackAllowed || !uri.IsLoopback)
        && (!IPAddress.TryParse(uri.DnsSafeHost, out var address) || Allows(address));

    /// <summary>Whether a connection may be made to an address.</summary>
    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return allowed.Any(n => n.Contains(plain))
            || (IPAddress.IsLoopback(plain) && isLoopbackAllowed)
            || !NotPublic.Any(n => n.Contains(plain));
    }

    /// <summary>
    /// Connects, once the name is looked up, to the very address that was checked: a name that changes its mind between
    /// check and use gains nothing.
    /// </summary>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext connection,
        CancellationToken cancellationToken
    )
    {
        var (host, port) = (connection.DnsEndPoint.Host, connection.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var reachable = addresses.Where(Allows).ToArray();
        if (reachable.Length == 0)
        {
            throw new HttpRequestException("The receiver is not at an allowed address.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(reachable, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
