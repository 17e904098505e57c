using IdP.Recovery.Addresses;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// How much mail a stranger can make this host send: reset requests, and the codes of new addresses (threats 9, 12 and 21).
/// </summary>
public sealed class MailLimits
{
    private readonly RequestLimits limits;
    private readonly Networks networks;
    private readonly PasswordResetOptions options;
    private readonly AddressOptions addresses;

    internal MailLimits(
        RequestLimits limits,
        Networks networks,
        IOptions<PasswordResetOptions> options,
        IOptions<AddressOptions> addresses
    )
    {
        this.limits = limits;
        this.networks = networks;
        this.options = options.Value;
        this.addresses = addresses.Value;
    }

    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    /// <summary>
    /// Takes a place for a mail to an address that anybody may name; false when there is none. Security: threat 21. Each
    /// portal has places of its own, or requests under the wrong one would use up those of an address's owner.
    /// </summary>
    // Order: the network first, so that a flood from one place does not use up the places of an address.
    internal async Task<bool> TryTakeAsync(
        string address,
        Audience audience,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await limits.TryTakeAsync(
            Network(requester),
            options.RequestsPerNetwork,
            options.LimitWindow,
            cancellationToken
        )
        && await limits.TryTakeAsync(
            Address(address, audience),
            options.RequestsPerAddress,
            options.LimitWindow,
            cancellationToken
        );

    /// <summary>
    /// Whether a refusal is the first of its network and address within the window, and so worth an event: those that
    /// follow write nothing.
    /// </summary>
    internal async Task<bool> IsNewsAsync(
        string address,
        Audience audience,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await limits.TryTakeAsync(
            "held/" + Network(requester),
            options.RequestsPerAddress,
            options.LimitWindow,
            cancellationToken
        ) && await limits.TryTakeAsync("held/" + Address(address, audience), 1, options.LimitWindow, cancellationToken);

    private string Network(Requester requester) => "password-reset/network/" + networks.Of(requester.Network);

    private static string Address(string address, Audience audience) => $"password-reset/address/{audience}/{address}";

    /// <summary>
    /// Takes a place for a code that an account asks for; false when there is none. Security: threat 21. The places of an
    /// address are not those of its owner's resets: whoever has an account can name anybody's address here.
    /// </summary>
    internal async Task<bool> TryTakeAsync(
        string accountId,
        string address,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await limits.TryTakeAsync("address/account/" + accountId, addresses.CodesPerDay, Day, cancellationToken)
        && await limits.TryTakeAsync(
            Network(requester),
            options.RequestsPerNetwork,
            options.LimitWindow,
            cancellationToken
        )
        && await limits.TryTakeAsync(
            "address/address/" + address,
            options.RequestsPerAddress,
            options.LimitWindow,
            cancellationToken
        );

    /// <summary>The network that an address counts under.</summary>
    internal string NetworkOf(string? address) => networks.Of(address);
}
