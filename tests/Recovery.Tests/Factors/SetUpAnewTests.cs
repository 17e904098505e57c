using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors;

/// <summary>A factor that has failed too often works again once it is set up anew (SP 800-63B-4, 3.2.2).</summary>
public sealed class SetUpAnewTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_set_of_recovery_codes_is_looked_at_again(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        var old = await host.CreateRecoveryCodesAsync(ada.Id);
        await FailAsync(host, ada.Id, new FactorProof.RecoveryCode(new string('A', Secrets.RecoveryCodeLength)));
        Assert.IsType<FactorVerdict.Closed>(await VerifyAsync(host, ada.Id, new FactorProof.RecoveryCode(old[0])));

        var fresh = await host.CreateRecoveryCodesAsync(ada.Id);

        Assert.IsType<FactorVerdict.Accepted>(await VerifyAsync(host, ada.Id, new FactorProof.RecoveryCode(fresh[0])));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_passkey_is_looked_at_and_the_ones_that_failed_are_gone(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var old = authenticator;
        for (var i = 0; i < 10; i++)
        {
            await VerifyAsync(host, ada.Id, PasskeyHost.Proof(await host.BeginUseAsync(ada), "wrong"));
        }

        Assert.IsType<FactorVerdict.Closed>(await UseAsync(host, ada, old));

        // The same authenticator may hold the new one.
        Assert.Contains(
            "\"excludeCredentials\":[]",
            (await host.BeginCreateAsync(ada)).OptionsJson,
            StringComparison.Ordinal
        );
        using var fresh = new SoftAuthenticator();
        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(ada, fresh));

        Assert.IsType<FactorVerdict.Accepted>(await UseAsync(host, ada, fresh));
        Assert.Single(await host.PasskeysAsync(ada));
        Assert.IsType<FactorVerdict.Refused>(await UseAsync(host, ada, old));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_second_passkey_leaves_the_first_where_nothing_has_failed(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var first = authenticator;
        using var second = new SoftAuthenticator();

        await host.CreateAsync(ada, second);

        Assert.IsType<FactorVerdict.Accepted>(await UseAsync(host, ada, first));
        Assert.Equal(2, (await host.PasskeysAsync(ada)).Count);
    }

    private static Task<RecoveryHost> StartAsync(DatabaseProvider provider) =>
        RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));

    private static async Task FailAsync(RecoveryHost host, string accountId, FactorProof wrong)
    {
        for (var i = 0; i < 10; i++)
        {
            await VerifyAsync(host, accountId, wrong);
        }
    }

    private static async Task<FactorVerdict> UseAsync(
        RecoveryHost host,
        RecoverableAccount account,
        SoftAuthenticator held
    )
    {
        var ceremony = await host.BeginUseAsync(account);
        return await VerifyAsync(host, account.Id, PasskeyHost.Proof(ceremony, held.Use(ceremony.OptionsJson)));
    }

    private static async Task<FactorVerdict> VerifyAsync(RecoveryHost host, string accountId, FactorProof proof)
    {
        var account = await host.FindAsync(accountId);
        return await host.CallAsync<VerifyFactor, FactorVerdict>(v =>
            v.RunAsync(account, proof, FactorUse.Recovery, RecoveryHost.Origin, Cancelled)
        );
    }
}
