using IdentityProvider.Data;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>A passkey is used by its owner, for what it was asked for, once (WebAuthn 7.2).</summary>
public sealed class UseTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_proves_its_owner_as_a_factor_and_alone(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        var factor = await host.UseAsync(held, ada);
        var alone = await host.UseAsync(held, expected: null);

        Assert.Equal(ada.Id, factor?.Account.Id);
        Assert.Equal(ada.Id, alone?.Account.Id);
        Assert.Equal(["hwk", "user", "mfa"], alone!.Methods);
        Assert.Equal("Laptop", alone.Name);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_answer_is_taken_once_however_many_come_at_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.SignCount = 0);
        using var held = authenticator;
        var ceremony = await host.BeginUseAsync(ada);
        var answer = held.Use(ceremony.OptionsJson);

        var used = await AtOnce.RunAsync(16, i => (i % 2 == 0 ? host : other).VerifyAsync(ceremony.State, answer, ada));

        Assert.Single(used, u => u is not null);
        Assert.Null(await host.VerifyAsync(ceremony.State, answer, ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_wrong_answer_takes_the_challenge_too(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var ceremony = await host.BeginUseAsync(ada);

        Assert.Null(await host.VerifyAsync(ceremony.State, "{}", ada));

        Assert.Null(await host.VerifyAsync(ceremony.State, held.Use(ceremony.OptionsJson), ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_challenge_lives_for_five_minutes(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var first = await host.BeginUseAsync(ada);
        host.Time.Advance(PasskeyChallenges.Lifetime - TimeSpan.FromSeconds(1));
        Assert.NotNull(await host.VerifyAsync(first.State, held.Use(first.OptionsJson), ada));

        var second = await host.BeginUseAsync(ada);
        host.Time.Advance(PasskeyChallenges.Lifetime);

        Assert.Null(await host.VerifyAsync(second.State, held.Use(second.OptionsJson), ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_was_asked_for_one_purpose_or_account_serves_no_other(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, adas) = await host.EnrollAsync();
        var (eve, eves) = await host.EnrollAsync("eve@example.test");
        using var first = adas;
        using var second = eves;

        var alone = await host.BeginUseAsync(null);
        Assert.Null(await host.VerifyAsync(alone.State, first.Use(alone.OptionsJson), ada));
        var factor = await host.BeginUseAsync(ada);
        Assert.Null(await host.VerifyAsync(factor.State, first.Use(factor.OptionsJson), null));
        var another = await host.BeginUseAsync(eve);
        Assert.Null(await host.VerifyAsync(another.State, first.Use(another.OptionsJson), ada));
        var create = await host.BeginCreateAsync(ada);
        Assert.Null(await host.VerifyAsync(create.State, first.Use(create.OptionsJson), ada));
        var use = await host.BeginUseAsync(ada);
        Assert.IsType<CreatedPasskey.Refused>(
            await host.FinishCreateAsync(
                ada,
                use.State,
                new SoftAuthenticator().Create((await host.BeginCreateAsync(ada)).OptionsJson)
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_accounts_passkey_is_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, adas) = await host.EnrollAsync();
        var (_, eves) = await host.EnrollAsync("eve@example.test");
        using var first = adas;
        using var second = eves;

        Assert.Null(await host.UseAsync(second, ada));
        second.UserHandle = first.UserHandle;
        Assert.Null(await host.UseAsync(second, ada));
        Assert.Null(await host.UseAsync(second, expected: null));
    }

    [Theory]
    [InlineData("another site's page")]
    [InlineData("another port")]
    [InlineData("a frame")]
    [InlineData("another domain")]
    [InlineData("no verification")]
    [InlineData("another key")]
    [InlineData("an unknown passkey")]
    [InlineData("no account")]
    public async Task A_false_answer_is_refused(string flaw)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var real = authenticator;
        using var held = flaw == "another key" ? new SoftAuthenticator() : real;
        held.UserHandle = real.UserHandle;
        held.SignCount = 10;
        held.CredentialId = real.CredentialId;
        switch (flaw)
        {
            case "another site's page":
                held.Origin = "https://login.example.test.evil.test";
                break;
            case "another port":
                held.Origin = "https://login.example.test:8443";
                break;
            case "a frame":
                held.CrossOrigin = true;
                break;
            case "another domain":
                held.Domain = "example.test";
                break;
            case "no verification":
                held.UserVerified = false;
                break;
            case "an unknown passkey":
                held.CredentialId = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
                break;
            case "no account":
                held.UserHandle = "nobody"u8.ToArray();
                break;
            default:
                break;
        }

        Assert.Null(await host.UseAsync(held, ada));
        Assert.Null(await host.UseAsync(held, expected: null));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_was_asked_in_one_session_is_not_answered_in_another(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var ceremony = await host.BeginUseAsync(ada);
        var answer = held.Use(ceremony.OptionsJson);

        var elsewhere = await host.CallAsync<UsePasskey, UsedPasskey?>(u =>
            u.VerifyAsync(
                PasskeyHost.Proof(ceremony, answer) with
                {
                    BoundTo = "another session",
                },
                ada,
                PasskeyHost.Origin,
                TestContext.Current.CancellationToken
            )
        );

        Assert.Null(elsewhere);
        Assert.NotNull(await host.VerifyAsync(ceremony.State, answer, ada));
    }

    [Fact]
    public async Task Pages_of_related_origins_may_use_it_and_no_others()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:RelatedOrigins:0", "https://login.example.org")
        );
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        held.Origin = "https://login.example.org";
        Assert.NotNull(await host.UseAsync(held, ada));
        held.Origin = "https://www.example.org";
        Assert.Null(await host.UseAsync(held, ada));
    }

    [Fact]
    public async Task Without_verification_it_is_a_factor_where_that_is_allowed_but_never_the_sign_in()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:UserVerification", "Preferred")
        );
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.UserVerified = false);
        using var held = authenticator;

        var used = await host.UseAsync(held, ada);

        Assert.False(used!.UserVerified);
        Assert.Equal(["hwk"], used.Methods);
        Assert.Contains(
            "\"userVerification\":\"required\"",
            (await host.BeginUseAsync(null)).OptionsJson,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task After_a_password_it_makes_two_factors_whether_it_has_verified_the_person_or_not()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:UserVerification", "Preferred")
        );
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.UserVerified = false);
        using var held = authenticator;
        foreach (var (verified, methods) in new[] { (false, "hwk mfa"), (true, "hwk user mfa") })
        {
            held.UserVerified = verified;
            var ceremony = await host.BeginUseAsync(ada);

            var verdict = await host.CallAsync<VerifyFactor, FactorVerdict>(v =>
                v.RunAsync(
                    ada,
                    PasskeyHost.Proof(ceremony, held.Use(ceremony.OptionsJson)),
                    FactorUse.SignIn,
                    PasskeyHost.Origin,
                    TestContext.Current.CancellationToken
                )
            );

            Assert.Equal(methods, string.Join(' ', Assert.IsType<FactorVerdict.Accepted>(verdict).Methods));
        }
    }

    [Fact]
    public async Task The_page_that_offers_passkeys_writes_nothing()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);

        await host.BeginUseAsync(null);

        Assert.Empty(await host.RowsAsync<IdP.Recovery.RequestLimit>());
    }

    [Fact]
    public async Task One_that_could_not_be_synced_and_says_now_that_it_can_is_refused()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        held.CanSync = true;

        Assert.Null(await host.UseAsync(held, ada));
    }
}
