using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>Second factors that a host of others keeps where Identity keeps them.</summary>
public sealed class ForeignFactorTests
{
    private const string NewPassword = "nine purple otters juggle quietly";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Where_the_host_signs_in_its_authenticator_key_opens_the_gate_and_stays(
        HostKind kind,
        DatabaseProvider provider
    )
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        await host.CreateAsync();
        var app = await host.EnrollAsync();
        var token = await host.RequestTokenAsync();
        Task<ProvedPasswordReset> ProveAsync(string code) => host.ProveAsync(token, new FactorProof.Totp(code));

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(token, NewPassword));
        Assert.IsType<ProvedPasswordReset.Refused>(await ProveAsync(app.WrongCodeAt(host.Time.GetUtcNow())));
        Assert.IsType<ProvedPasswordReset.Proved>(await ProveAsync(app.CodeAt(host.Time.GetUtcNow())));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(token, NewPassword));

        Assert.Equal(app.Key, await host.KeyAsync());

        // The code is spent, also for the next reset.
        token = await host.RequestTokenAsync();
        Assert.IsType<ProvedPasswordReset.Refused>(await ProveAsync(app.CodeAt(host.Time.GetUtcNow())));
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Where_the_host_signs_in_each_of_its_saved_codes_opens_the_gate_once(
        HostKind kind,
        DatabaseProvider provider
    )
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        await host.EnrollAsync();
        var codes = await host.CreateCodesAsync();
        var account = await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled));
        Task<ProvedPasswordReset> ProveAsync(string token, string code) =>
            host.ProveAsync(token, new FactorProof.RecoveryCode(code));

        var first = await host.RequestTokenAsync();
        Assert.Equal(codes.Count, account!.Factors.RecoveryCodes);
        Assert.IsType<ProvedPasswordReset.Refused>(await ProveAsync(first, "AAAAA-AAAAA"));
        var atOnce = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => Task.Run(() => ProveAsync(first, codes[0].ToLowerInvariant())))
        );
        await host.DrainAsync();

        Assert.Single(atOnce, p => p is ProvedPasswordReset.Proved);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(first, NewPassword));
        Assert.Equal(codes.Count - 1, await host.CodesLeftAsync());
        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
        var second = await host.RequestTokenAsync();
        Assert.IsType<ProvedPasswordReset.Refused>(await ProveAsync(second, codes[0]));
        Assert.IsType<ProvedPasswordReset.Proved>(await ProveAsync(second, " " + codes[1]));
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Passkeys_are_where_Identity_keeps_them(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        var made = new NewPasskey(
            new UserPasskeyInfo([1, 2, 3], [4], host.Time.GetUtcNow(), 0, null, true, false, false, [], []),
            [5],
            Guid.Empty
        );
        Task<T> WithAsync<T>(Func<IPasskeys, Task<T>> use) =>
            host.InScopeAsync(p =>
                p.GetRequiredService<UnitOfWork>().RunAsync(_ => use(p.GetRequiredService<IPasskeys>()), Cancelled)
            );

        if (kind == HostKind.Guids)
        {
            Assert.NotNull(await WithAsync(p => p.AddAsync(id, made, 5, Cancelled)));
            Assert.Single(await WithAsync(p => p.ListAsync(id, Cancelled)));
            Assert.Equal(id, (await WithAsync(p => p.FindAsync([1, 2, 3], Cancelled)))?.AccountId);
            Assert.Equal(1, await WithAsync(p => p.RemoveAllAsync(id, Cancelled)));
        }
        else
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => WithAsync(p => p.AddAsync(id, made, 5, Cancelled)));
            Assert.Null(await WithAsync(p => p.FindAsync([1, 2, 3], Cancelled)));
            Assert.Equal(0, await WithAsync(p => p.RemoveAllAsync(id, Cancelled)));
        }

        Assert.Empty(await WithAsync(p => p.ListAsync(id, Cancelled)));
        Assert.Equal(0, await WithAsync(p => p.CountAsync(id, Cancelled)));
    }
}
