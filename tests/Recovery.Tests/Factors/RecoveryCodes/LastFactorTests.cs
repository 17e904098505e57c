using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.RecoveryCodes;

/// <summary>Recovery codes stand in for a factor, and go with the last one, whichever it is (threat 15).</summary>
public sealed class LastFactorTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task They_stay_while_a_passkey_is_left_and_go_with_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, _) = await host.EnrollAsync();
        await host.EnrollTotpAsync(ada.Id);
        var codes = await host.CreateRecoveryCodesAsync(ada.Id);

        Assert.True(await RemoveAppAsync(host, ada.Id));
        Assert.Equal(10, await LeftAsync(host, ada.Id));
        Assert.True(await RemovePasskeyAsync(host, ada));
        Assert.Equal(0, await LeftAsync(host, ada.Id));

        await host.EnrollTotpAsync(ada.Id);
        Assert.Null(
            await host.CallAsync<SpendRecoveryCode, string?>(s =>
                s.TryTakeAsync(ada.Id, codes[0], PasskeyHost.Origin, Cancelled)
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task They_stay_while_an_app_is_left_and_go_with_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, _) = await host.EnrollAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.CreateRecoveryCodesAsync(ada.Id);

        Assert.True(await RemovePasskeyAsync(host, ada));
        Assert.Equal(10, await LeftAsync(host, ada.Id));
        Assert.True(await RemoveAppAsync(host, ada.Id));
        Assert.Equal(0, await LeftAsync(host, ada.Id));
    }

    private static async Task<int> LeftAsync(RecoveryHost host, string accountId) =>
        (await host.FindAsync(accountId)).Factors.RecoveryCodes;

    private static async Task<bool> RemoveAppAsync(RecoveryHost host, string accountId)
    {
        var app = Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        return await host.CallAsync<ManageTotp, bool>(m =>
            m.RemoveAsync(accountId, app.Id, PasskeyHost.Origin, Cancelled)
        );
    }

    private static async Task<bool> RemovePasskeyAsync(RecoveryHost host, RecoverableAccount ada)
    {
        var passkey = Assert.Single(await host.PasskeysAsync(ada));
        return await host.CallAsync<RemovePasskey, bool>(r =>
            r.RunAsync(ada.Id, passkey.Id, PasskeyHost.Origin, ada.Id, Cancelled)
        );
    }
}
