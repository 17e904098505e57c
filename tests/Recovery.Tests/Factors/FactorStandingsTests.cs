using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors;

/// <summary>What the pages offer: the factors of an account, those that prove something now first.</summary>
public sealed class FactorStandingsTests
{
    private static readonly string MadeUp = new('A', Secrets.RecoveryCodeLength);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_works_comes_before_what_is_paused_and_that_before_what_is_disabled(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Lockout:FailuresEver", "10"));
        var account = (await host.CreateAccountAsync()).Id;
        var phone = await host.EnrollTotpAsync(account);
        await host.CreateRecoveryCodesAsync(account);
        Assert.Equal(
            [
                new FactorState(FactorKind.Totp, FactorStanding.Ready, Digits: 6),
                new FactorState(FactorKind.RecoveryCode, FactorStanding.Ready),
            ],
            await OfAsync(host, account, FactorUse.SignIn)
        );

        await FailAsync(host, account, 5, new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow())));
        var until = host.Time.GetUtcNow().AddMinutes(15);
        Assert.Equal(
            [
                new FactorState(FactorKind.RecoveryCode, FactorStanding.Ready),
                new FactorState(FactorKind.Totp, FactorStanding.Paused, until, Digits: 6),
            ],
            await OfAsync(host, account, FactorUse.SignIn)
        );

        // Guesses at sign-in do not keep the owner from recovering (threat 12).
        Assert.All(
            await OfAsync(host, account, FactorUse.Recovery),
            s => Assert.Equal(FactorStanding.Ready, s.Standing)
        );

        await FailAsync(host, account, 10, new FactorProof.RecoveryCode(MadeUp), FactorUse.Recovery);
        Assert.Equal(
            [(FactorKind.Totp, FactorStanding.Paused), (FactorKind.RecoveryCode, FactorStanding.Disabled)],
            (await OfAsync(host, account, FactorUse.SignIn)).Select(s => (s.Kind, s.Standing))
        );
        host.Time.SetUtcNow(until);
        Assert.Equal(
            [(FactorKind.Totp, FactorStanding.Ready), (FactorKind.RecoveryCode, FactorStanding.Disabled)],
            (await OfAsync(host, account, FactorUse.SignIn)).Select(s => (s.Kind, s.Standing))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_key_that_cannot_be_read_is_said_so_and_no_try_of_it_is_counted(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var account = (await host.CreateAccountAsync()).Id;
        var phone = await host.EnrollTotpAsync(account);
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<TotpAuthenticator>()
                .ExecuteUpdateAsync(set => set.SetProperty(t => t.ProtectedKey, "of another ring"), Cancelled);
        }

        Assert.Equal(
            [FactorStanding.Unreadable],
            (await OfAsync(host, account, FactorUse.SignIn)).Select(s => s.Standing)
        );
        var proof = new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow()));
        Assert.Equal(new FactorVerdict.NotCounted(FactorFlaw.Unreadable), await VerifyAsync(host, account, proof));
        Assert.Empty(await host.RowsAsync<IdP.Recovery.Lockout.FailureCount>());
    }

    private static async Task<IReadOnlyList<FactorState>> OfAsync(RecoveryHost host, string account, FactorUse use)
    {
        var found = await host.FindAsync(account);
        return await host.CallAsync<FactorStandings, IReadOnlyList<FactorState>>(s =>
            s.OfAsync(found, use, RecoveryHost.Origin, Cancelled)
        );
    }

    private static async Task FailAsync(
        RecoveryHost host,
        string account,
        int times,
        FactorProof proof,
        FactorUse use = FactorUse.SignIn
    )
    {
        for (var i = 0; i < times; i++)
        {
            await VerifyAsync(host, account, proof, use);
        }
    }

    private static async Task<FactorVerdict> VerifyAsync(
        RecoveryHost host,
        string account,
        FactorProof proof,
        FactorUse use = FactorUse.SignIn
    )
    {
        var found = await host.FindAsync(account);
        return await host.CallAsync<VerifyFactor, FactorVerdict>(v =>
            v.RunAsync(found, proof, use, RecoveryHost.Origin, Cancelled)
        );
    }
}
