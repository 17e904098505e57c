using System.Net;
using System.Net.Sockets;
using IPNetwork = System.Net.IPNetwork;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Where this host may connect to at somebody else's word. Security: whoever chooses an address must not reach through
/// this host into the network that it stands in (server-side request forgery).
/// </summary>
/// <param name="allowed">Networks that may be reached although they are not public.</param>
public class OutgoingNetwork(IEnumerable<string> allowed)
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
            "::/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2001::/32",
            "2002::/16",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    private readonly IPNetwork[] allowed = [.. allowed.Select(n => IPNetwork.Parse(n))];

    /// <summary>Whether an address may be posted to, as far as that can be told without looking its name up.</summary>
    /// <param name="text">An absolute address: <c>https</c>, or <c>http</c> on an allowed loopback.</param>
    public bool IsEndpoint(string text) => IsEndpoint(text, ["https", "http"]);

    /// <summary>The same for an address that begins in one of some ways; <c>http</c> is for an allowed loopback always.</summary>
    /// <param name="schemes">In small letters, without the colon.</param>
    public bool IsEndpoint(string text, IReadOnlyList<string> schemes) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Fragment: "", Host.Length: > 0 }
        && schemes.Contains(uri.Scheme)
        && (uri.Scheme != Uri.UriSchemeHttp || uri.IsLoopback)
        && (!uri.IsLoopback || Allows(IPAddress.Loopback))
        && (!IPAddress.TryParse(uri.DnsSafeHost, out var address) || Allows(address));

    /// <summary>Whether a connection may be made to an address.</summary>
    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return allowed.Any(n => n.Contains(plain)) || !NotPublic.Any(n => n.Contains(plain));
    }

    /// <summary>The addresses of a name that may be connected to.</summary>
    /// <exception cref="OutgoingNetworkException">There is none.</exception>
    /// <exception cref="SocketException">The name is not known.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        var reachable = (await Dns.GetHostAddressesAsync(host, cancellationToken)).Where(Allows).ToArray();
        return reachable.Length > 0 ? reachable : throw new OutgoingNetworkException();
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
        var reachable = await ResolveAsync(host, cancellationToken);
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

    /// <summary>A handler that asks nothing but the checked address, neither by a redirect nor by a proxy.</summary>
    public SocketsHttpHandler NewHandler() =>
        new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
        };
}

/// <summary>A name leads to no address that may be connected to.</summary>
public sealed class OutgoingNetworkException()
    : HttpRequestException("The endpoint is not at an address that may be connected to.");
