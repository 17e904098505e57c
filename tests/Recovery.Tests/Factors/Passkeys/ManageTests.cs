using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>The owner of a passkey names and removes it.</summary>
public sealed class ManageTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_that_is_used_while_it_is_removed_is_one_or_the_other(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        for (var i = 0; i < 5; i++)
        {
            var (ada, authenticator) = await host.EnrollAsync($"ada{i}@example.test");
            using var held = authenticator;
            var id = Assert.Single(await host.PasskeysAsync(ada)).Id;
            var ceremony = await host.BeginUseAsync(ada);
            var answer = held.Use(ceremony.OptionsJson);

            await AtOnce.RunAsync(
                2,
                async n =>
                    n == 0
                        ? await host.VerifyAsync(ceremony.State, answer, ada) is not null
                        : await RemoveAsync(other, ada.Id, id)
            );

            Assert.Empty(await host.PasskeysAsync(ada));
        }
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

    private static Task<bool> RenameAsync(RecoveryHost host, string accountId, string id, string name) =>
        host.CallAsync<RenamePasskey, bool>(r => r.RunAsync(accountId, id, name, PasskeyHost.Origin, Cancelled));

    private static Task<bool> RemoveAsync(RecoveryHost host, string accountId, string id) =>
        host.CallAsync<RemovePasskey, bool>(r => r.RunAsync(accountId, id, PasskeyHost.Origin, accountId, Cancelled));
}
