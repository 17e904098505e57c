using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>Step 5: a token works once, whoever is fastest and whatever was restarted (threat 10).</summary>
public sealed class CompleteTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Completing_a_reset_twice_changes_the_password_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var token = await host.RequestTokenAsync(Ada);
        await host.CompleteAsync(token);

        Assert.IsType<CompletedPasswordReset.Gone>(await host.CompleteAsync(token, "another password altogether"));
        await using var next = host.StartAnother();
        Assert.IsType<CompletedPasswordReset.Gone>(await next.CompleteAsync(token, "another password altogether"));

        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_sixty_four_redemptions_of_one_token_at_once_one_wins(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Hashing:Waiting", "64"));
        await host.CreateAccountAsync(Ada);
        var token = await host.RequestTokenAsync(Ada);
        await using var otherNode = host.StartAnother();
        RecoveryHost[] nodes = [host, otherNode];

        var ends = await AtOnce.RunAsync(
            64,
            async i =>
            {
                var password = PasswordOf(i);
                return (password, End: await nodes[i % 2].CompleteAsync(token, password));
            }
        );
        await host.DrainAsync();

        var winner = Assert.Single(ends, e => e.End is CompletedPasswordReset.Done);
        Assert.All(ends.Where(e => e != winner), e => Assert.IsType<CompletedPasswordReset.Gone>(e.End));
        Assert.True(await host.SignsInAsync(Ada, winner.password));
        Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.ResetCompleted);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_link_redeemed_for_one_account_leaves_every_other_alone(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("grace@example.test");
        var ada = await host.RequestTokenAsync(Ada);
        var grace = await host.RequestTokenAsync("grace@example.test");

        var done = Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(ada));

        Assert.Equal(Ada, done.Account.Email);
        Assert.True(await host.SignsInAsync("grace@example.test", RecoveryHost.GoodPassword));
        Assert.IsType<OpenedPasswordReset.Usable>(await host.OpenAsync(grace));
    }

    // Each as strong as the next, and none like another.
    private static string PasswordOf(int i) => $"violet tractors hum at {i} lanterns";
}
