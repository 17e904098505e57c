using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>The owner names and removes authenticators; an administrator's reset replaces them.</summary>
public sealed class ManageTotpTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_removed_authenticator_proves_nothing_and_the_owner_is_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var phone = await host.EnrollTotpAsync(ada.Id);
        var id = (await ListAsync(host, ada.Id)).Single().Id;
        await host.DrainAsync();

        Assert.True(await RemoveAsync(host, ada.Id, id));

        Assert.False(await RemoveAsync(host, ada.Id, id));
        Assert.False(
            await host.CallAsync<TotpCodes, bool>(t =>
                t.TryTakeAsync(ada.Id, phone.CodeAt(host.Time.GetUtcNow()), Cancelled)
            )
        );
        await host.DrainAsync();
        Assert.Equal(2, host.Mails.Count<RecoveryMail.FactorChanged>());
        Assert.Equal(FactorChange.TotpRemoved, host.Mails.Last<RecoveryMail.FactorChanged>().Change);
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.FactorRemoved && e.SubjectId == id.ToString()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task With_the_last_factor_go_the_recovery_codes_that_stood_in_for_it(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.EnrollTotpAsync(ada.Id);
        var old = await host.CreateRecoveryCodesAsync(ada.Id);
        var apps = await ListAsync(host, ada.Id);

        await RemoveAsync(host, ada.Id, apps[0].Id);
        Assert.Equal(10, (await host.FindAsync(ada.Id)).Factors.RecoveryCodes);
        await RemoveAsync(host, ada.Id, apps[1].Id);
        Assert.Empty(await host.RowsAsync<RecoveryCode>());

        await host.EnrollTotpAsync(ada.Id);
        Assert.Null(
            await host.CallAsync<SpendRecoveryCode, string?>(s =>
                s.TryTakeAsync(ada.Id, old[0], TotpSteps.Origin, Cancelled)
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_renames_or_removes_the_authenticator_of_another_account(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var bob = await host.CreateAccountAsync("bob@example.test");
        await host.EnrollTotpAsync(ada.Id);
        var id = (await ListAsync(host, ada.Id)).Single().Id;

        Assert.False(await RemoveAsync(host, bob.Id, id));
        Assert.False(await RenameAsync(host, bob.Id, id, "Mine now"));

        Assert.Equal("Phone", (await ListAsync(host, ada.Id)).Single().Name);
    }

    [Theory]
    [InlineData("  Old phone ", "Old phone")]
    [InlineData("", null)]
    [InlineData("   ", null)]
    [InlineData("a\nb", null)]
    [InlineData(null, null)]
    [InlineData("My\u200B phone", null)]
    [InlineData("My \u202Ephone", null)]
    public async Task A_name_is_trimmed_and_never_empty(string? typed, string? kept)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        var id = (await ListAsync(host, ada.Id)).Single().Id;

        Assert.Equal(kept is not null, await RenameAsync(host, ada.Id, id, typed));

        Assert.Equal(kept ?? "Phone", (await ListAsync(host, ada.Id)).Single().Name);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_name_is_told_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        var id = (await ListAsync(host, ada.Id)).Single().Id;

        Assert.True(await RenameAsync(host, ada.Id, id, "Old phone"));
        Assert.True(await RenameAsync(host, ada.Id, id, "Old phone"));
        await host.DrainAsync();

        Assert.Single(
            host.Mails.Sent,
            m => m.Mail is RecoveryMail.FactorChanged { Change: FactorChange.Renamed, To.Address: "ada@example.test" }
        );
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.FactorRenamed, Reason: AuditReasons.Totp } && e.SubjectId == id.ToString()
        );
    }

    [Fact]
    public async Task A_name_has_at_most_64_characters()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        var id = (await ListAsync(host, ada.Id)).Single().Id;

        Assert.True(await RenameAsync(host, ada.Id, id, new string('a', 64)));
        Assert.False(await RenameAsync(host, ada.Id, id, new string('b', 65)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_rotation_replaces_every_key_by_one_that_must_be_enrolled(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var bob = await host.CreateAccountAsync("bob@example.test");
        var phone = await host.EnrollTotpAsync(ada.Id);
        await host.EnrollTotpAsync(ada.Id);
        await host.EnrollTotpAsync(bob.Id);
        await host.CreateRecoveryCodesAsync(ada.Id);
        await host.CreateRecoveryCodesAsync(bob.Id);

        await RotateAsync(host, ada.Id);

        Assert.Equal(
            new(Totp: 0, Passkeys: 0, RecoveryCodes: 0, TotpRequired: true),
            (await host.FindAsync(ada.Id)).Factors
        );
        Assert.Equal(
            new(Totp: 1, Passkeys: 0, RecoveryCodes: 10, TotpRequired: false),
            (await host.FindAsync(bob.Id)).Factors
        );
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        Assert.NotEqual(phone.Key, begun.Key.Replace(" ", ""));
        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, begun));
        Assert.Equal(
            new(Totp: 1, Passkeys: 0, RecoveryCodes: 0, TotpRequired: false),
            (await host.FindAsync(ada.Id)).Factors
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_second_rotation_still_asks_for_an_enrollment(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);

        await RotateAsync(host, ada.Id);
        await RotateAsync(host, ada.Id);

        Assert.True((await host.FindAsync(ada.Id)).Factors.TotpRequired);
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_rotation_asks_nothing_of_an_account_that_had_no_authenticator(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.BeginTotpAsync(ada.Id);

        await RotateAsync(host, ada.Id);

        Assert.Empty(await host.RowsAsync<TotpAuthenticator>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_rotated_key_stays_the_one_to_enroll_for_longer_than_an_hour(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await RotateAsync(host, ada.Id);

        host.Time.Advance(TimeSpan.FromDays(3));
        var begun = (await host.BeginTotpAsync(ada.Id))!;

        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, begun));
        Assert.False((await host.FindAsync(ada.Id)).Factors.TotpRequired);
    }

    private static async Task RotateAsync(RecoveryHost host, string accountId)
    {
        var account = await host.FindAsync(accountId);
        await host.InScopeAsync(p =>
            p.GetRequiredService<UnitOfWork>()
                .RunAsync(inner => p.GetRequiredService<RotateTotp>().RunAsync(account, inner), Cancelled)
        );
    }

    private static Task<IReadOnlyList<TotpAuthenticator>> ListAsync(RecoveryHost host, string accountId) =>
        host.CallAsync<ManageTotp, IReadOnlyList<TotpAuthenticator>>(m => m.ListAsync(accountId, Cancelled));

    private static Task<bool> RemoveAsync(RecoveryHost host, string accountId, Guid id) =>
        host.CallAsync<ManageTotp, bool>(m => m.RemoveAsync(accountId, id, TotpSteps.Origin, Cancelled));

    private static Task<bool> RenameAsync(RecoveryHost host, string accountId, Guid id, string? name) =>
        host.CallAsync<ManageTotp, bool>(m => m.RenameAsync(accountId, id, name, TotpSteps.Origin, Cancelled));
}
