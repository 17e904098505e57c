using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace IdentityProvider.Operations;

/// <summary>Section <c>Proxies</c>.</summary>
public sealed class ProxyOptions
{
    /// <summary>
    /// Addresses and networks (<c>10.0.0.0/8</c>) of reverse proxies whose <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> count. Default none: then these headers mean nothing.
    /// </summary>
    public IList<string> Trusted { get; set; } = [];
}

internal sealed class CheckProxies : IValidateOptions<ProxyOptions>
{
    public ValidateOptionsResult Validate(string? name, ProxyOptions options)
    {
        var wrong = options
            .Trusted.Where(t => !IPAddress.TryParse(t, out _) && !IPNetwork.TryParse(t, out _))
            .Select(t => $"Proxies:Trusted must hold addresses and networks such as 10.0.0.0/8, but had '{t}'.")
            .ToList();
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}

/// <summary>
/// Security: threat 2. Forwarded headers tell the client's address and scheme, and only when a named proxy says so;
/// no host comes from them at all.
/// </summary>
internal sealed class TrustProxies(IOptions<ProxyOptions> proxies) : IPostConfigureOptions<ForwardedHeadersOptions>
{
    public void PostConfigure(string? name, ForwardedHeadersOptions options)
    {
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var trusted in proxies.Value.Trusted)
        {
            if (IPAddress.TryParse(trusted, out var address))
            {
                options.KnownProxies.Add(address);
            }
            else
            {
                options.KnownIPNetworks.Add(IPNetwork.Parse(trusted));
            }
        }

        // The middleware takes two empty lists as 'trust everybody'.
        options.ForwardedHeaders =
            proxies.Value.Trusted.Count == 0
                ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        options.ForwardLimit = null;
    }
}
