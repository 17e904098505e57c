using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Attacks;

/// <summary>Threat 1, and with it 4, 5, 8, 10 and 14: no order of steps sets a password without its proofs.</summary>
public sealed class ResetOrderTests(ITestOutputHelper output)
{
    private const int Lanes = 2;

    // A defence that is gone is missed within a few dozen stories.
    private const int StoriesToBreak = 500;

    private const int Often = 1;

    // What must have happened that often, or the stories have shown nothing.
    private static readonly string[] Expected =
    [
        "Open: Usable",
        "Open: Usable, asks for a factor",
        "Prove: Proved",
        "ProvePasskey: Proved",
        "ProveForeignPasskey: Refused, 4 left",
        "ProveUsedPasskey: Refused, 4 left",
        "Complete: Done",
        "Complete: FactorRequired",
        "Complete: Gone, another address",
        "Complete: Gone, credentials changed",
        "Complete: Gone, expired",
        "Complete: Gone, no link",
        "Complete: Gone, replaced",
        "Complete: Gone, too many proofs",
        "Complete: Gone, used",
        "CompleteWeak: PasswordRefused",
        "ChangePassword: Done",
        "SignIn: SignedIn",
        "SignIn: Refused",
        "NotMe: True",
    ];

    [Fact, MoreInSoak]
    public async Task No_order_of_steps_sets_a_password_without_its_proofs()
    {
        var stories = Soak.Times(few: 400, many: 5_000);
        var lanes = await AtOnce.RunAsync(Lanes, lane => PlayAsync(stories, (ulong)lane));
        var ends = lanes.SelectMany(e => e).GroupBy(e => e.Key, e => e.Value).ToDictionary(e => e.Key, e => e.Sum());

        output.WriteLine($"{Lanes * stories} stories:");
        foreach (var (end, count) in ends.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"{count, 8} {end}");
        }

        Assert.All(Expected, e => Assert.True(ends.GetValueOrDefault(e) >= Often, e));
    }

    [Fact]
    public async Task A_gate_that_stands_open_is_found()
    {
        var found = await FindBreakAsync(WeakAccounts.WithoutFactors);

        Assert.Contains(nameof(PasswordOutOfOrderException), found, StringComparison.Ordinal);
        Assert.Contains("Done, not FactorRequired", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_is_never_used_up_is_found()
    {
        var found = await FindBreakAsync(WeakAccounts.WithLastingLinks);

        Assert.Contains(nameof(PasswordOutOfOrderException), found, StringComparison.Ordinal);
        Assert.Contains("Done, not Gone", found, StringComparison.Ordinal);
    }

    private static async Task<string> FindBreakAsync(Action<IServiceCollection> weaken)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => PlayAsync(StoriesToBreak, weaken: weaken));
        return exception.ToString();
    }

    private static async Task<IReadOnlyDictionary<string, int>> PlayAsync(
        int stories,
        ulong lane = 0,
        Action<IServiceCollection>? weaken = null
    )
    {
        await using var machine = await ResetMachine.StartAsync(weaken);
        Stories.Play(Prop.ForAll(ResetStories.Any, machine.PlayAsync), stories, lane);
        return machine.Ends;
    }
}
