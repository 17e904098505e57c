using IdentityProvider.Data;
using IdP.Recovery.AttackKit;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Attacks;

/// <summary>The eighteen failures of the field, tried against this host by the kit that any host can run.</summary>
[StartsProcesses]
public sealed class AttackTests(ITestOutputHelper output)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseProvider.Sqlite, 1, Traits = ["soak", "only"])]
    [InlineData(DatabaseProvider.Sqlite, 2, Traits = ["soak", "only"])]
    [InlineData(DatabaseProvider.PostgreSql, 1, Traits = ["soak", "only"])]
    [InlineData(DatabaseProvider.PostgreSql, 2)]
    internal async Task The_host_withstands_every_attack(DatabaseProvider provider, int nodes)
    {
        await using var target = await ProviderTarget.StartAsync(provider, nodes);
        var ends = new List<string>();
        foreach (var attack in IdP.Recovery.AttackKit.AttackKit.Attacks)
        {
            var end = await attack.RunAsync(target, Cancelled);
            output.WriteLine($"{attack}: {end}");
            if (end is not AttackResult.Held)
            {
                ends.Add($"{attack}: {end}");
            }
        }

        Assert.Empty(ends);
    }

    [Theory, OnlyInSoak]
    [InlineData(DatabaseProvider.Sqlite)]
    [InlineData(DatabaseProvider.PostgreSql)]
    public async Task The_host_withstands_every_attack_in_two_processes(DatabaseProvider provider)
    {
        await using var target = await ProviderTarget.StartWithProcessAsync(provider);
        var ends = new List<string>();
        foreach (var attack in IdP.Recovery.AttackKit.AttackKit.Attacks)
        {
            var end = await attack.RunAsync(target, Cancelled);
            output.WriteLine($"{attack}: {end}");
            if (end is not AttackResult.Held)
            {
                ends.Add($"{attack}: {end}");
            }
        }

        Assert.Empty(ends);
    }

    [Fact]
    public void There_is_an_attack_for_each_row_of_the_table() =>
        Assert.Equal(
            Enumerable.Range(1, 18),
            IdP.Recovery.AttackKit.AttackKit.Attacks.Select(a => a.Threat).Distinct()
        );

    [Theory, InlineData(10), InlineData(13), InlineData(17)]
    public async Task What_an_adapter_cannot_bring_about_does_not_count_as_withstood(int threat)
    {
        await using var target = await ProviderTarget.StartAsync(DatabaseProvider.Sqlite);
        var ends = new List<AttackResult>();
        foreach (var attack in IdP.Recovery.AttackKit.AttackKit.Of(threat))
        {
            ends.Add(await attack.RunAsync(new PlainTarget(target), Cancelled));
        }

        Assert.IsType<AttackResult.Held>(ends[0]);
        Assert.IsType<AttackResult.NotApplicable>(ends[1]);
    }

    [Theory, OnlyInSoak]
    [InlineData(DatabaseProvider.Sqlite, 2_000)]
    [InlineData(DatabaseProvider.PostgreSql, 2_000)]
    public async Task Asking_for_a_reset_takes_as_long_for_known_as_for_unknown_addresses(
        DatabaseProvider provider,
        int pairs
    )
    {
        await using var target = await StartForTimingAsync(provider);
        var known = await CreateAsync(target, 40);

        var report = await TimingTrial.RequestResetAsync(target, known, pairs, Cancelled);

        // What was timed was the real thing: every request was taken.
        Assert.Equal(2 * (pairs + 100), await target.CountRequestsAsync());
        output.WriteLine(report.ToString());
        Assert.True(report.Holds, report.ToString());
    }

    [Theory, OnlyInSoak]
    [InlineData(DatabaseProvider.Sqlite, 2_000)]
    [InlineData(DatabaseProvider.PostgreSql, 2_000)]
    public async Task Signing_in_takes_as_long_for_known_as_for_unknown_addresses(DatabaseProvider provider, int pairs)
    {
        await using var target = await StartForTimingAsync(provider);
        var known = await CreateAsync(target, 40);

        var report = await TimingTrial.SignInAsync(target, known, pairs, Cancelled);

        output.WriteLine(report.ToString());
        Assert.True(report.Holds, report.ToString());
    }

    // No lock in between: that one costs the same is shown where statements are counted.
    private static Task<ProviderTarget> StartForTimingAsync(DatabaseProvider provider) =>
        ProviderTarget.StartAsync(
            provider,
            settings:
            [
                ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
                ("AccountRecovery:Lockout:Failures", "100"),
            ]
        );

    private static async Task<List<string>> CreateAsync(ProviderTarget target, int count)
    {
        var addresses = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var wish = new AccountWish($"known-{i}@example.test", "violet hammocks drift past seven piers");
            addresses.Add((await target.CreateAccountAsync(wish, Cancelled)).Email);
        }

        return addresses;
    }

    /// <summary>An adapter that brings about no more than it must.</summary>
    private sealed class PlainTarget(AttackTarget inner) : AttackTarget
    {
        public override IReadOnlyList<Uri> Nodes => inner.Nodes;

        public override Uri Origin => inner.Origin;

        public override DateTimeOffset Now => inner.Now;

        public override Task<AttackAccount> CreateAccountAsync(AccountWish wish, CancellationToken c) =>
            inner.CreateAccountAsync(wish, c);

        public override Task<IReadOnlyList<string>> ReadMailsAsync(string address, CancellationToken c) =>
            inner.ReadMailsAsync(address, c);

        public override Task WorkAsync(CancellationToken c) => inner.WorkAsync(c);
    }
}
