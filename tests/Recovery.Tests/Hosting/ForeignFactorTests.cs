using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
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

        // Whoever comes when it is proved already is told so, and spends nothing.
        Assert.Contains(atOnce, p => p is ProvedPasswordReset.Proved);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(first, NewPassword));
        Assert.Equal(codes.Count - 1, await host.CodesLeftAsync());
        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
        var second = await host.RequestTokenAsync();
        Assert.IsType<ProvedPasswordReset.Refused>(await ProveAsync(second, codes[0]));
        Assert.IsType<ProvedPasswordReset.Proved>(await ProveAsync(second, " " + codes[1]));
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task An_app_that_is_set_up_by_our_page_is_the_one_that_Identity_asks_for(
        HostKind kind,
        DatabaseProvider provider
    )
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        var shown = (await BeginAsync(host, id))!;
        var app = new Authenticator(shown.Key);
        string Code() => app.CodeAt(host.Time.GetUtcNow());

        Assert.IsType<EnrolledHostTotp.CodeRefused>(
            await ConfirmAsync(host, id, shown, app.WrongCodeAt(host.Time.GetUtcNow()), ForeignHost.Password)
        );
        Assert.IsType<EnrolledHostTotp.PasswordRefused>(await ConfirmAsync(host, id, shown, Code(), "wrong"));
        Assert.Null(await host.KeyAsync());
        var atOnce = await Task.WhenAll(
            Enumerable
                .Range(0, 2)
                .Select(_ => Task.Run(() => ConfirmAsync(host, id, shown, Code(), ForeignHost.Password)))
        );
        await host.DrainAsync();

        var done = Assert.Single(atOnce.OfType<EnrolledHostTotp.Done>());
        Assert.Equal(6, shown.Digits);
        Assert.Equal(app.Key, await host.KeyAsync());
        Assert.Equal(done.Codes.Count, await host.CodesLeftAsync());
        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
        Assert.Null(await BeginAsync(host, id));
        Assert.IsType<EnrolledHostTotp.Gone>(await ConfirmAsync(host, id, shown, Code(), ForeignHost.Password));

        // Identity takes its codes, and the gate takes none that was spent here.
        Assert.True(await host.RedeemAsync(done.Codes[0]));
        var token = await host.RequestTokenAsync();
        Assert.IsType<ProvedPasswordReset.Refused>(await host.ProveAsync(token, new FactorProof.Totp(Code())));
        Assert.IsType<ProvedPasswordReset.Refused>(
            await host.ProveAsync(token, new FactorProof.RecoveryCode(done.Codes[0]))
        );
        Assert.IsType<ProvedPasswordReset.Proved>(
            await host.ProveAsync(token, new FactorProof.RecoveryCode(done.Codes[1]))
        );
    }

    [Fact]
    public async Task A_password_alone_adds_no_app_beside_a_passkey()
    {
        await using var host = await ForeignHost.StartAsync(HostKind.Guids, DatabaseProvider.Sqlite);
        var id = await host.CreateAsync();
        var shown = (await BeginAsync(host, id))!;
        await host.InScopeAsync(p =>
            p.GetRequiredService<UnitOfWork>()
                .RunAsync(_ => p.GetRequiredService<IPasskeys>().AddAsync(id, Passkey(host), 5, Cancelled), Cancelled)
        );
        var code = new Authenticator(shown.Key).CodeAt(host.Time.GetUtcNow());

        Assert.Null(await BeginAsync(host, id));
        Assert.IsType<EnrolledHostTotp.Gone>(await ConfirmAsync(host, id, shown, code, ForeignHost.Password));
        Assert.Null(await host.KeyAsync());
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task What_was_proved_before_a_reset_enrolls_nothing_after_it(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        var before = (await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled)))!;
        Assert.IsType<CompletedPasswordReset.Done>(
            await host.CompleteAsync(await host.RequestTokenAsync(), NewPassword)
        );

        var enrolled = await host.InScopeAsync(p =>
            p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    stop => p.GetRequiredService<IHostTokens>().TryEnrollAsync(before, "ABCDEFGH", 1, ["x"], stop),
                    Cancelled
                )
        );

        Assert.False(enrolled);
        Assert.Null(await host.KeyAsync());
    }

    [Fact]
    public async Task A_key_that_Identity_has_made_and_nobody_has_shown_is_replaced()
    {
        await using var host = await ForeignHost.StartAsync(HostKind.Template, DatabaseProvider.Sqlite);
        var id = await host.CreateAsync();
        await host.LookAtIdentitysPageAsync();
        var shown = (await BeginAsync(host, id))!;
        var app = new Authenticator(shown.Key);

        Assert.IsType<EnrolledHostTotp.Done>(
            await ConfirmAsync(host, id, shown, app.CodeAt(host.Time.GetUtcNow()), ForeignHost.Password)
        );

        Assert.Equal(app.Key, await host.KeyAsync());
    }

    [Fact]
    public async Task Setting_an_app_up_closes_the_period_that_waited_for_it()
    {
        await using var host = await ForeignHost.StartAsync(HostKind.Template, DatabaseProvider.Sqlite);
        var id = await host.CreateAsync();
        await host.InScopeAsync(async p =>
        {
            var (context, now) = (host.ContextOf(p), host.Time.GetUtcNow());
            context.Add(
                new MfaEnrollment
                {
                    AccountId = id,
                    StartedAt = now,
                    EndsAt = now.AddDays(7),
                    Cause = EnrollmentCause.MfaReset,
                }
            );
            return await context.SaveChangesAsync(Cancelled);
        });
        var shown = (await BeginAsync(host, id))!;
        var app = new Authenticator(shown.Key);

        await ConfirmAsync(host, id, shown, app.CodeAt(host.Time.GetUtcNow()), ForeignHost.Password);
        host.Time.Advance(TimeSpan.FromDays(8));

        Assert.False(
            await host.InScopeAsync(p => p.GetRequiredService<EnrollmentDeadline>().HasPassedAsync(id, Cancelled))
        );
        Assert.Null(
            (await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled)))!.Enrollment
        );
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Passkeys_are_where_Identity_keeps_them(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        Task<T> WithAsync<T>(Func<IPasskeys, Task<T>> use) =>
            host.InScopeAsync(p =>
                p.GetRequiredService<UnitOfWork>().RunAsync(_ => use(p.GetRequiredService<IPasskeys>()), Cancelled)
            );

        if (kind == HostKind.Guids)
        {
            Assert.NotNull(await WithAsync(p => p.AddAsync(id, Passkey(host), 5, Cancelled)));
            Assert.Single(await WithAsync(p => p.ListAsync(id, Cancelled)));
            Assert.Equal(id, (await WithAsync(p => p.FindAsync([1, 2, 3], Cancelled)))?.AccountId);
            Assert.Equal(1, await WithAsync(p => p.RemoveAllAsync(id, Cancelled)));
        }
        else
        {
            await Assert.ThrowsAsync<NotSupportedException>(() =>
                WithAsync(p => p.AddAsync(id, Passkey(host), 5, Cancelled))
            );
            Assert.Null(await WithAsync(p => p.FindAsync([1, 2, 3], Cancelled)));
            Assert.Equal(0, await WithAsync(p => p.RemoveAllAsync(id, Cancelled)));
        }

        Assert.Empty(await WithAsync(p => p.ListAsync(id, Cancelled)));
        Assert.Equal(0, await WithAsync(p => p.CountAsync(id, Cancelled)));
    }

    private static NewPasskey Passkey(ForeignHost host) =>
        new(
            new UserPasskeyInfo([1, 2, 3], [4], host.Time.GetUtcNow(), 0, null, true, false, false, [], []),
            [5],
            Guid.Empty
        );

    private static Task<TotpEnrollment?> BeginAsync(ForeignHost host, string id) =>
        host.InScopeAsync(async p =>
            await p.GetRequiredService<EnrollHostTotp>()
                .BeginAsync((await p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled))!, Cancelled)
        );

    private static Task<EnrolledHostTotp> ConfirmAsync(
        ForeignHost host,
        string id,
        TotpEnrollment shown,
        string code,
        string password
    ) =>
        host.InScopeAsync(async p =>
            await p.GetRequiredService<EnrollHostTotp>()
                .ConfirmAsync(
                    (await p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled))!,
                    shown.Id,
                    code,
                    password,
                    RecoveryHost.Origin,
                    Cancelled
                )
        );
}
