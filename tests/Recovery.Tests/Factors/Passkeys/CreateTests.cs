using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
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

    [Fact]
    public async Task Only_allowed_authenticators_are_taken_where_some_are_named()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:0", Model.ToString())
        );
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        var now = host.Time.GetUtcNow();
        using var maker = SoftAuthenticator.NewMaker(Model, now);
        using var otherMaker = SoftAuthenticator.NewMaker(OtherModel, now);

        using var silent = new SoftAuthenticator { Aaguid = Model };
        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, silent));
        using var other = new SoftAuthenticator { Aaguid = OtherModel, Maker = maker };
        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, other));
        using var posing = new SoftAuthenticator { Aaguid = Model, Maker = otherMaker };
        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, posing));

        using var allowed = new SoftAuthenticator { Aaguid = Model, Maker = maker };
        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(ada, allowed));
        Assert.Contains(
            "\"attestation\":\"direct\"",
            (await host.BeginCreateAsync(ada)).OptionsJson,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task With_roots_the_maker_must_be_one_of_them()
    {
        var file = Path.GetTempFileName();
        await using var plain = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        using var maker = SoftAuthenticator.NewMaker(Model, plain.Time.GetUtcNow());
        using var forged = SoftAuthenticator.NewMaker(Model, plain.Time.GetUtcNow());
        await File.WriteAllTextAsync(file, maker.ExportCertificatePem(), Cancelled);
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:0", Model.ToString()),
            ("AccountRecovery:Passkeys:AttestationRoots", file)
        );
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);

        using var posing = new SoftAuthenticator { Aaguid = Model, Maker = forged };
        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, posing));
        using var allowed = new SoftAuthenticator { Aaguid = Model, Maker = maker };
        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(ada, allowed));
        File.Delete(file);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_owner_alone_renames_and_removes_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var (eve, eves) = await host.EnrollAsync("eve@example.test");
        using var another = eves;
        var id = Assert.Single(await host.PasskeysAsync(ada)).Id;

        Assert.False(await RenameAsync(host, eve.Id, id, "Mine"));
        Assert.False(await RenameAsync(host, ada.Id, id, " "));
        Assert.False(await RenameAsync(host, ada.Id, id, new string('x', 65)));
        Assert.True(await RenameAsync(host, ada.Id, id, " Work laptop "));
        Assert.Equal("Work laptop", Assert.Single(await host.PasskeysAsync(ada)).Name);

        Assert.False(await RemoveAsync(host, eve.Id, id));
        Assert.False(await RemoveAsync(host, ada.Id, "not base64url!"));
        var removed = await AtOnce.RunAsync(8, _ => RemoveAsync(host, ada.Id, id));
        Assert.Single(removed, r => r);
        Assert.Empty(await host.PasskeysAsync(ada));
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.FactorRemoved && e.Reason == "passkey"
        );
        Assert.Null(await host.UseAsync(held, ada));
    }

    [Theory]
    [InlineData("MaxPasskeys", "0")]
    [InlineData("MaxPasskeys", "51")]
    [InlineData("Attestation", "7")]
    [InlineData("UserVerification", "7")]
    [InlineData("AllowedAuthenticators:0", "00000000-0000-0000-0000-000000000000")]
    [InlineData("AttestationRoots", "/no/such/file.pem")]
    public async Task A_setting_out_of_range_is_told(string name, string value)
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:" + name, value)
        );

        var told = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.InScopeAsync(p => Task.FromResult(p.GetRequiredService<IOptions<PasskeyOptions>>().Value))
        );
        Assert.Contains(name.Split(':')[0], told.Message, StringComparison.Ordinal);
    }

    private static Task<bool> RenameAsync(RecoveryHost host, string accountId, string id, string name) =>
        host.CallAsync<RenamePasskey, bool>(r => r.RunAsync(accountId, id, name, PasskeyHost.Origin, Cancelled));

    private static Task<bool> RemoveAsync(RecoveryHost host, string accountId, string id) =>
        host.CallAsync<RemovePasskey, bool>(r => r.RunAsync(accountId, id, PasskeyHost.Origin, accountId, Cancelled));
}
