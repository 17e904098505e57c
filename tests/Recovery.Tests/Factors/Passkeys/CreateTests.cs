using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>Adding, naming and removing passkeys (WebAuthn 7.1).</summary>
public sealed class CreateTests
{
    private static readonly Guid Model = Guid.Parse("d7f2a1c0-5b1e-4c57-9d7e-0a51c2f0b4a1");
    private static readonly Guid OtherModel = Guid.Parse("0e3a9d55-8f0a-4a39-b1f5-6f7c5f3f9b02");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_passkey_is_kept_with_its_name_and_told_to_the_audit(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        var kept = Assert.Single(await host.PasskeysAsync(ada));
        Assert.Equal("Laptop", kept.Name);
        Assert.Equal(host.Time.GetUtcNow(), kept.CreatedAt);
        Assert.False(kept.BackedUp);
        Assert.False(kept.Roaming);
        var told = Assert.Single(await host.RowsAsync<AuditEvent>());
        Assert.Equal(AuditEventTypes.FactorAdded, told.Type);
        Assert.Equal("passkey", told.Reason);
        Assert.Equal(ada.Id, told.AccountId);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_passkey_that_comes_after_a_reset_of_the_factors_is_not_kept(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var made = await host.CreateAccountAsync();
        var ada = await host.FindAsync(made.Id);
        using var authenticator = new SoftAuthenticator();
        var ceremony = await host.BeginCreateAsync(ada);
        var credential = authenticator.Create(ceremony.OptionsJson);
        await host.CallAsync<IAccounts, bool>(a => a.DropFactorsAsync(ada, Cancelled));

        Assert.IsType<CreatedPasskey.Refused>(await host.FinishCreateAsync(ada, ceremony.State, credential));

        Assert.Empty(await host.PasskeysAsync(ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Authenticators_that_hold_one_are_excluded_and_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        var ceremony = await host.BeginCreateAsync(ada);

        Assert.Contains(
            Assert.Single(await host.PasskeysAsync(ada)).Id,
            ceremony.OptionsJson,
            StringComparison.Ordinal
        );
        Assert.IsType<CreatedPasskey.Refused>(
            await host.FinishCreateAsync(ada, ceremony.State, held.Create(ceremony.OptionsJson))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_account_never_gets_more_than_the_limit(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Passkeys:MaxPasskeys", "3"));
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var answers = new List<(string State, string Answer)>();
        for (var i = 0; i < 8; i++)
        {
            var ceremony = await host.BeginCreateAsync(ada);
            using var another = new SoftAuthenticator();
            answers.Add((ceremony.State, another.Create(ceremony.OptionsJson)));
        }

        var created = await AtOnce.RunAsync(
            answers.Count,
            i => host.FinishCreateAsync(ada, answers[i].State, answers[i].Answer)
        );

        Assert.Equal(2, created.Count(c => c is CreatedPasskey.Done));
        Assert.Equal(6, created.Count(c => c is CreatedPasskey.TooMany));
        Assert.Equal(3, (await host.PasskeysAsync(ada)).Count);
    }

    [Theory]
    [InlineData("https://evil.test", "login.example.test", true)]
    [InlineData("https://login.example.test", "evil.test", true)]
    [InlineData("https://login.example.test", "login.example.test", false)]
    public async Task A_false_answer_is_refused(string origin, string domain, bool verified)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var held = new SoftAuthenticator
        {
            Origin = origin,
            Domain = domain,
            UserVerified = verified,
        };

        Assert.IsType<CreatedPasskey.Refused>(await host.CreateAsync(ada, held));
        Assert.Empty(await host.PasskeysAsync(ada));
        Assert.Equal("wrong", Assert.Single(await host.RowsAsync<AuditEvent>()).Reason);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_user_handle_is_random_and_the_same_for_all_of_an_account(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, first) = await host.EnrollAsync();
        using var held = first;
        using var second = new SoftAuthenticator();
        await host.CreateAsync(ada, second);
        var (_, eves) = await host.EnrollAsync("eve@example.test");
        using var others = eves;

        Assert.Equal(64, held.UserHandle!.Length);
        Assert.Equal(held.UserHandle, second.UserHandle);
        Assert.NotEqual(held.UserHandle, others.UserHandle);
        var handle = Encoding.Latin1.GetString(held.UserHandle);
        Assert.DoesNotContain(ada.Id, handle, StringComparison.Ordinal);
        Assert.DoesNotContain(ada.Email, handle, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_was_begun_in_one_session_is_not_finished_in_another(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var held = new SoftAuthenticator();
        var ceremony = await host.BeginCreateAsync(ada);

        Assert.IsType<CreatedPasskey.Refused>(
            await host.CallAsync<CreatePasskey, CreatedPasskey>(c =>
                c.FinishAsync(
                    ada,
                    "another session",
                    ceremony.State,
                    held.Create(ceremony.OptionsJson),
                    "Laptop",
                    PasskeyHost.Origin,
                    Cancelled
                )
            )
        );
    }

    [Fact]
    public async Task Refusals_are_audited_twenty_times_an_hour()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        for (var i = 0; i < 25; i++)
        {
            await host.FinishCreateAsync(ada, "", "{}");
        }

        Assert.Equal(20, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.PasskeyRefused));
    }

    [Fact]
    public async Task A_challenge_of_one_account_makes_no_passkey_for_another()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        var eve = await host.FindAsync((await host.CreateAccountAsync("eve@example.test")).Id);
        using var held = new SoftAuthenticator();
        var ceremony = await host.BeginCreateAsync(eve);

        Assert.IsType<CreatedPasskey.Refused>(
            await host.FinishCreateAsync(ada, ceremony.State, held.Create(ceremony.OptionsJson))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_that_bring_the_same_credential_at_once_one_is_kept(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        var eve = await host.FindAsync((await host.CreateAccountAsync("eve@example.test")).Id);
        using var held = new SoftAuthenticator();
        var answers = new List<(RecoverableAccount Of, string State, string Answer)>();
        foreach (var account in new[] { ada, eve })
        {
            var ceremony = await host.BeginCreateAsync(account);
            answers.Add((account, ceremony.State, held.Create(ceremony.OptionsJson)));
        }

        var created = await AtOnce.RunAsync(
            answers.Count,
            i => host.FinishCreateAsync(answers[i].Of, answers[i].State, answers[i].Answer)
        );

        Assert.Single(created, c => c is CreatedPasskey.Done);
        Assert.Single(created, c => c is CreatedPasskey.Refused);
    }

    [Fact]
    public async Task What_an_authenticator_is_reached_by_may_be_a_word_of_later_years()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.Transports = ["teleport", "usb"]);
        using var held = authenticator;
        await using (var context = host.Database.OpenContext())
        {
            var kept = await context.Set<IdentityUserPasskey<string>>().SingleAsync(Cancelled);
            Assert.Equal("usb", Assert.Single(kept.Data.Transports!));
            kept.Data.Transports = ["cable", "99"];
            await context.SaveChangesAsync(Cancelled);
        }

        Assert.NotNull(await host.UseAsync(held, ada));
    }

    [Fact]
    public async Task A_page_in_a_frame_of_another_site_makes_none()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var held = new SoftAuthenticator { CrossOrigin = true };

        Assert.IsType<CreatedPasskey.Refused>(await host.CreateAsync(ada, held));
    }

    [Fact]
    public async Task A_domain_of_another_script_is_told_as_browsers_tell_it()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("Origin", "https://bücher.example.test")
        );
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var held = new SoftAuthenticator("https://xn--bcher-kva.example.test");

        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(ada, held));
        Assert.NotNull(await host.UseAsync(held, ada));
    }
}
