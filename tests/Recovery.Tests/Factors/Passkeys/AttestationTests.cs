using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>Which authenticators are taken, and what proves their make (WebAuthn 7.1, FIDO Metadata Service 3.1).</summary>
public sealed class AttestationTests
{
    private static readonly Guid Model = Guid.Parse("d7f2a1c0-5b1e-4c57-9d7e-0a51c2f0b4a1");
    private static readonly Guid OtherModel = Guid.Parse("0e3a9d55-8f0a-4a39-b1f5-6f7c5f3f9b02");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Task<bool> RenameAsync(RecoveryHost host, string accountId, string id, string name) =>
        host.CallAsync<RenamePasskey, bool>(r => r.RunAsync(accountId, id, name, PasskeyHost.Origin, Cancelled));

    private static Task<bool> RemoveAsync(RecoveryHost host, string accountId, string id) =>
        host.CallAsync<RemovePasskey, bool>(r => r.RunAsync(accountId, id, PasskeyHost.Origin, accountId, Cancelled));

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
        using var other = new SoftAuthenticator { Aaguid = OtherModel, Maker = otherMaker };
        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, other));
        using var posing = new SoftAuthenticator { Aaguid = Model, Maker = otherMaker };
        Assert.IsType<CreatedPasskey.Refused>(await host.CreateAsync(ada, posing));
        Assert.Equal(
            ["not-allowed", "not-allowed", "wrong"],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.Type == AuditEventTypes.PasskeyRefused)
                .Select(e => e.Reason)
                .Order()
        );

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

    [Theory]
    [InlineData("root", true)]
    [InlineData("between", true)]
    [InlineData("another", false)]
    public async Task A_makers_certificate_leads_to_a_root_or_to_one_between(string trusted, bool taken)
    {
        var file = Path.GetTempFileName();
        var now = new DateTimeOffset(2026, 3, 14, 9, 26, 53, TimeSpan.Zero);
        using var root = SoftAuthenticator.NewAuthority("Root", now);
        using var between = SoftAuthenticator.NewAuthority("Between", now, root);
        using var another = SoftAuthenticator.NewAuthority("Root", now);
        var pem = trusted switch
        {
            "root" => root,
            "between" => between,
            _ => another,
        };
        await File.WriteAllTextAsync(file, pem.ExportCertificatePem(), Cancelled);
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:0", Model.ToString()),
            ("AccountRecovery:Passkeys:AttestationRoots", file)
        );
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var maker = SoftAuthenticator.NewMaker(Model, now, between);
        using var held = new SoftAuthenticator
        {
            Aaguid = Model,
            Maker = maker,
            Between = [between],
        };

        Assert.Equal(taken, await host.CreateAsync(ada, held) is CreatedPasskey.Done);
        File.Delete(file);
    }
}
