using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>What is kept of a passkey beside what Identity keeps.</summary>
public sealed class KeptTests
{
    private static readonly Guid GooglePasswordManager = Guid.Parse("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4");

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task It_is_shown_when_it_was_last_used_and_on_what(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.Aaguid = GooglePasswordManager);
        using var held = authenticator;
        var fresh = Assert.Single(await host.PasskeysAsync(ada));
        Assert.Null(fresh.LastUsedAt);
        Assert.Equal("Google Password Manager", fresh.Authenticator);

        host.Time.Advance(TimeSpan.FromHours(3));
        await host.UseAsync(held, ada);

        Assert.Equal(host.Time.GetUtcNow(), Assert.Single(await host.PasskeysAsync(ada)).LastUsedAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_that_Identity_made_itself_goes_on_working(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await using (var context = host.Database.OpenContext())
        {
            await context.Set<PasskeyDetail>().ExecuteDeleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(await host.UseAsync(held, expected: null));
        held.UserHandle = Encoding.UTF8.GetBytes(ada.Id);
        Assert.NotNull(await host.UseAsync(held, expected: null));

        Assert.Equal(host.Time.GetUtcNow(), Assert.Single(await host.PasskeysAsync(ada)).LastUsedAt);
        using var another = new SoftAuthenticator();
        await host.CreateAsync(ada, another);
        Assert.Equal(PasskeyDetail.UserHandleLength, another.UserHandle!.Length);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_removes_one_has_its_detail_removed_too(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        await host.CallAsync<IPasskeys, int>(p => p.RemoveAllAsync(ada.Id, TestContext.Current.CancellationToken));

        Assert.Empty(await host.RowsAsync<PasskeyDetail>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_passkey_that_gets_synced_is_shown_so(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync(with: a => a.CanSync = true);
        using var held = authenticator;
        Assert.False(Assert.Single(await host.PasskeysAsync(ada)).BackedUp);

        held.Synced = true;
        var used = await host.UseAsync(held, expected: null);

        Assert.Equal(["swk", "user", "mfa"], used!.Methods);
        Assert.True(Assert.Single(await host.PasskeysAsync(ada)).BackedUp);
    }
}
