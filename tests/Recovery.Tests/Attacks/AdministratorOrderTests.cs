using FsCheck.Fluent;
using IdP.Recovery.PasswordReset;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Attacks;

/// <summary>Threat 13: no order of steps gets round what guards the reset of an administrator.</summary>
public sealed class AdministratorOrderTests(ITestOutputHelper output)
{
    // A defence that is gone is missed within a few dozen stories.
    private const int StoriesToBreak = 100;

    [Theory, MoreInSoak]
    [InlineData(AdministratorProof.Mail, "Complete: Done", "Stop: Done", "Stop: TooLate", "Stop: Closed")]
    [InlineData(
        AdministratorProof.Factor,
        "Complete: Done",
        "Complete: FactorRequired",
        "ProveByCode: Proved",
        "ProveByApp: Proved",
        "ProveByApp: Refused",
        "ProveByForeignCode: Refused",
        "ProveByOldCode: Gone",
        "Stop: Done"
    )]
    [InlineData(
        AdministratorProof.Approval,
        "Complete: Done",
        "Approve: Done",
        "Approve: Gone",
        "ApproveOwn: NotYours",
        "Stop: Done"
    )]
    public async Task No_order_of_steps_gets_round_the_guards(AdministratorProof proof, params string[] seen)
    {
        await using var machine = await AdministratorMachine.StartAsync(proof);
        Play(machine, Soak.Times(few: 150, many: 3_000));

        foreach (var (end, count) in machine.Ends.Where(e => e.Key.Length < 60).OrderBy(e => e.Key))
        {
            output.WriteLine($"{count, 6} {end}");
        }

        // What must have happened, or the stories have shown nothing.
        Assert.All(seen, end => Assert.True(machine.Ends.ContainsKey(end), end));
    }

    [Theory, InlineData(AdministratorProof.Factor), InlineData(AdministratorProof.Approval)]
    public async Task A_guard_that_is_not_there_is_found(AdministratorProof expected)
    {
        await using var machine = await AdministratorMachine.StartAsync(AdministratorProof.Mail, expected);

        var exception = Assert.ThrowsAny<Exception>(() => Play(machine, StoriesToBreak));

        // The shortest story shows it by a password that is set, or by a step that ends as it must not.
        Assert.Matches($"{nameof(PasswordOutOfOrderException)}|{nameof(UnexpectedEndException)}", exception.ToString());
    }

    private static void Play(AdministratorMachine machine, int stories) =>
        Stories.Play(Prop.ForAll(AdministratorStories.Any, machine.PlayAsync), stories);
}
