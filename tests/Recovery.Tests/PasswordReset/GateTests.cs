using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>Step 4: the mailbox alone changes nothing where a factor is enrolled (threats 5, 9, 12; requirement 2).</summary>
public sealed class GateTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_opens_the_gate_of_this_request_and_of_no_other(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, phone) = await EnrolledAsync(host);
        var first = await host.RequestTokenAsync(Ada);
        await host.OpenAsync(first);
        var second = await host.RequestTokenAsync(Ada);

        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(first, Code(phone, host)));

        Assert.IsType<CompletedPasswordReset.FactorRequired>(await host.CompleteAsync(second));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(first));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Only_the_password_changes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, phone) = await EnrolledAsync(host);
        using var authenticator = new SoftAuthenticator();
        await host.CreateAsync(await host.FindAsync(account), authenticator);
        await host.CreateRecoveryCodesAsync(account);
        var link = await host.RequestTokenAsync(Ada);
        await host.ProveAsync(link, Code(phone, host));
        var before = await FactorRowsAsync(host);

        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
        await host.DrainAsync();

        Assert.Equal(12, before.Count);
        Assert.Equal(before, await FactorRowsAsync(host));
        host.Time.Advance(TimeSpan.FromSeconds(30));
        var next = await host.RequestTokenAsync(Ada);
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(next, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_passkey_whose_challenge_is_over_or_was_made_elsewhere_costs_no_try(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var link = await host.RequestTokenAsync(Ada);
        var old = await host.BeginUseAsync(ada);
        var late = PasskeyHost.Proof(old, held.Use(old.OptionsJson));
        host.Time.Advance(PasskeyChallenges.Lifetime);

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(
                FactorFlaw.TooLate,
                Assert.IsType<ProvedPasswordReset.NotCounted>(await host.ProveAsync(link, late)).Why
            );
        }

        var fresh = await host.BeginUseAsync(ada);
        var proof = PasskeyHost.Proof(fresh, held.Use(fresh.OptionsJson));
        Assert.IsType<ProvedPasswordReset.NotCounted>(
            await host.ProveAsync(link, proof with { BoundTo = "another link" })
        );
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(link, proof));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_recovery_code_opens_it_too_and_is_replaced(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, _) = await EnrolledAsync(host);
        var codes = await host.CreateRecoveryCodesAsync(account);
        var link = await host.RequestTokenAsync(Ada);

        var end = await host.ProveAsync(link, new FactorProof.RecoveryCode(codes[0]));

        Assert.NotNull(Assert.IsType<ProvedPasswordReset.Proved>(end).ReplacementCode);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
        await host.DrainAsync();
        Assert.Contains(
            host.Mails.Sent,
            m => m.Mail is RecoveryMail.FactorChanged { Change: FactorChange.RecoveryCodeUsed }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_five_wrong_proofs_the_request_is_void_and_a_new_mail_works(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, phone) = await EnrolledAsync(host);
        var link = await host.RequestTokenAsync(Ada);
        var wrong = new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow()));
        for (var left = 4; left > 0; left--)
        {
            var refused = Assert.IsType<ProvedPasswordReset.Refused>(await host.ProveAsync(link, wrong));
            Assert.Equal(left, refused.TriesLeft);
        }

        Assert.IsType<ProvedPasswordReset.Gone>(await host.ProveAsync(link, wrong));
        Assert.IsType<ProvedPasswordReset.Gone>(await host.ProveAsync(link, Code(phone, host)));
        Assert.IsType<OpenedPasswordReset.Gone>(await host.OpenAsync(link));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.ResetVoided, Reason: "proofs" }
        );

        var next = await host.RequestTokenAsync(Ada);
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(next, Code(phone, host)));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(next));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_proofs_at_once_five_are_looked_at(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, phone) = await EnrolledAsync(host);
        var link = await host.RequestTokenAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];
        var wrong = new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow()));

        await AtOnce.RunAsync(32, i => nodes[i % 2].ProveAsync(link, wrong));

        Assert.Equal(5, Assert.Single(await host.RowsAsync<FailureCount>()).Failures);
        Assert.IsType<ProvedPasswordReset.Gone>(await host.ProveAsync(link, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Failures_of_many_requests_add_up_until_the_factor_is_disabled(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Lockout:FailuresEver", "10"),
            ("AccountRecovery:PasswordReset:RequestsPerAddress", "100")
        );
        var (account, phone) = await EnrolledAsync(host);
        var codes = await host.CreateRecoveryCodesAsync(account);
        for (var i = 0; i < 10; i++)
        {
            var link = await host.RequestTokenAsync(Ada);
            await host.ProveAsync(link, new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow())));
        }

        var last = await host.RequestTokenAsync(Ada);
        Assert.IsType<ProvedPasswordReset.FactorDisabled>(await host.ProveAsync(last, Code(phone, host)));

        // The owner has other factors, which have not failed.
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(last, new FactorProof.RecoveryCode(codes[0])));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Somebody_elses_failures_at_sign_in_do_not_keep_the_owner_from_recovering(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, phone) = await EnrolledAsync(host);
        var thief = Assert.IsType<IdP.Recovery.SignIn.PasswordSignIn.FactorRequired>(
            await host.SignInAsync(new(), Ada)
        );
        for (var i = 0; i < 6; i++)
        {
            var wrong = new FactorProof.Totp(phone.WrongCodeAt(host.Time.GetUtcNow()));
            await host.SignInAsync(new(), thief.Token, wrong);
            await host.SignInAsync(new(), Ada, "wrong");
        }

        var link = await host.RequestTokenAsync(Ada);
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(link, Code(phone, host)));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
        host.Time.Advance(TimeSpan.FromSeconds(30));
        var first = Assert.IsType<IdP.Recovery.SignIn.PasswordSignIn.FactorRequired>(
            await host.SignInAsync(new(), Ada, RecoveryHost.BetterPassword)
        );
        Assert.IsType<IdP.Recovery.SignIn.FactorSignIn.SignedIn>(
            await host.SignInAsync(new(), first.Token, Code(phone, host))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_spent_at_sign_in_does_not_open_the_gate(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, phone) = await EnrolledAsync(host);
        var link = await host.RequestTokenAsync(Ada);
        var first = Assert.IsType<IdP.Recovery.SignIn.PasswordSignIn.FactorRequired>(
            await host.SignInAsync(new(), Ada)
        );
        await host.SignInAsync(new(), first.Token, Code(phone, host));

        Assert.IsType<ProvedPasswordReset.Refused>(await host.ProveAsync(link, Code(phone, host)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_cannot_be_a_code_is_not_counted(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (account, phone) = await EnrolledAsync(host);
        await host.CreateRecoveryCodesAsync(account);
        var link = await host.RequestTokenAsync(Ada);
        FactorProof[] none =
        [
            .. new[] { "abcdef", "12345", "1234567", "12345678", "123456789", "", " ", null, "12345a" }.Select(
                code => new FactorProof.Totp(code)
            ),
            .. new[] { "", null, "AAAA-AAAA", "123456", new string('A', 25), new string('!', 24) }.Select(
                code => new FactorProof.RecoveryCode(code)
            ),
        ];

        foreach (var proof in none)
        {
            Assert.Equal(
                FactorFlaw.NoCode,
                Assert.IsType<ProvedPasswordReset.NotCounted>(await host.ProveAsync(link, proof)).Why
            );
        }

        Assert.Empty(await host.RowsAsync<FailureCount>());
        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.ResetGateRefused);
        Assert.Equal(0, Assert.Single(await host.RowsAsync<ResetRequest>()).Proofs);
        Assert.IsType<ProvedPasswordReset.Proved>(await host.ProveAsync(link, Code(phone, host)));
    }

    // As they lie in the database, bytes in base64.
    private static async Task<List<string>> FactorRowsAsync(RecoveryHost host) =>
        [
            .. (await host.RowsAsync<TotpAuthenticator>()).Select(row => JsonSerializer.Serialize(row)),
            .. (await host.RowsAsync<RecoveryCode>())
                .OrderBy(code => code.Id)
                .Select(row => JsonSerializer.Serialize(row)),
            .. (await host.RowsAsync<IdentityUserPasskey<string>>()).Select(row => JsonSerializer.Serialize(row)),
        ];

    private static async Task<(string Account, Authenticator Phone)> EnrolledAsync(RecoveryHost host)
    {
        var account = await host.CreateAccountAsync(Ada);
        return (account.Id, await host.EnrollTotpAsync(account.Id));
    }

    private static FactorProof.Totp Code(Authenticator phone, RecoveryHost host) =>
        new(phone.CodeAt(host.Time.GetUtcNow()));
}
