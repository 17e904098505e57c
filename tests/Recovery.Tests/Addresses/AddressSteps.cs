using IdP.Recovery;
using IdP.Recovery.Addresses;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Addresses;

/// <summary>The steps of a further address, as a page calls them.</summary>
internal static class AddressSteps
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<AddedAddress> AddAddressAsync(this RecoveryHost host, string accountId, string? address) =>
        host.InScopeAsync(async p =>
            await p.Get<AddAddress>()
                .RunAsync(
                    (await p.Get<IAccounts>().FindAsync(accountId, Cancelled))!,
                    address,
                    RecoveryHost.Origin,
                    Cancelled
                )
        );

    /// <summary>Adds an address and lets its mail go; gives its id.</summary>
    public static async Task<Guid> WaitForCodeAsync(this RecoveryHost host, string accountId, string address)
    {
        var sent = Assert.IsType<AddedAddress.CodeSent>(await host.AddAddressAsync(accountId, address));
        await host.DrainAsync();
        return sent.AddressId;
    }

    public static Task<ConfirmedAddress> ConfirmAddressAsync(
        this RecoveryHost host,
        string accountId,
        Guid id,
        string? code
    ) =>
        host.CallAsync<ConfirmAddress, ConfirmedAddress>(c =>
            c.RunAsync(accountId, id, code, RecoveryHost.Origin, Cancelled)
        );

    /// <summary>Adds an address and brings its code back; what is told of it is mailed.</summary>
    public static async Task<Guid> HaveAddressAsync(this RecoveryHost host, string accountId, string address)
    {
        var id = await host.WaitForCodeAsync(accountId, address);
        Assert.IsType<ConfirmedAddress.Done>(await host.ConfirmAddressAsync(accountId, id, host.LastCode()));
        await host.DrainAsync();
        return id;
    }

    public static Task<MadeAddressPrimary> MakePrimaryAsync(
        this RecoveryHost host,
        string accountId,
        Guid id,
        string sessionId = "none"
    ) =>
        host.InScopeAsync(async p =>
            await p.Get<MakeAddressPrimary>()
                .RunAsync(
                    (await p.Get<IAccounts>().FindAsync(accountId, Cancelled))!,
                    sessionId,
                    id,
                    RecoveryHost.Origin,
                    Cancelled
                )
        );

    public static Task<bool> RemoveAddressAsync(this RecoveryHost host, string accountId, Guid id) =>
        host.CallAsync<RemoveAddress, bool>(r => r.RunAsync(accountId, id, RecoveryHost.Origin, accountId, Cancelled));

    public static Task<IReadOnlyList<FurtherAddress>> AddressesAsync(this RecoveryHost host, string accountId) =>
        host.CallAsync<ListAddresses, IReadOnlyList<FurtherAddress>>(l => l.RunAsync(accountId, Cancelled));

    public static string LastCode(this RecoveryHost host) => host.Mails.Last<RecoveryMail.AddressCode>().Code;

    /// <summary>A code that was not sent.</summary>
    public static string WrongCode(this RecoveryHost host) => host.LastCode() == "000000" ? "000001" : "000000";

    /// <summary>To whom mails of a kind went, in the order of the addresses.</summary>
    public static IEnumerable<string> ToldOf<TMail>(this RecoveryHost host)
        where TMail : RecoveryMail =>
        host.Mails.Sent.Where(m => m.Mail is TMail).Select(m => m.Mail.To.Address).Order();

    private static T Get<T>(this IServiceProvider services)
        where T : notnull =>
        (T)(
            services.GetService(typeof(T))
            ?? throw new InvalidOperationException($"{typeof(T).Name} is not registered.")
        );
}
