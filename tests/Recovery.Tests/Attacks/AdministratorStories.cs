using FsCheck;
using FsCheck.Fluent;

namespace Recovery.Tests.Attacks;

/// <summary>What happens next around the reset of an administrator.</summary>
public enum AdministratorAct
{
    /// <summary>Asks for a reset.</summary>
    Request,

    /// <summary>Lets the jobs run.</summary>
    Mail,

    /// <summary>Opens a mailed link.</summary>
    Open,

    /// <summary>Shows a saved code that was not used yet.</summary>
    ProveByCode,

    /// <summary>Shows a saved code that was used, or a made-up one.</summary>
    ProveByOldCode,

    /// <summary>Shows a code of the authenticator, until a reset replaces it.</summary>
    ProveByApp,

    /// <summary>Shows a saved code of the other administrator.</summary>
    ProveByForeignCode,

    /// <summary>Sets a password with a mailed link.</summary>
    Complete,

    /// <summary>Sets one with a made-up link, or with the link that stops a reset.</summary>
    CompleteForged,

    /// <summary>The other administrator approves.</summary>
    Approve,

    /// <summary>The owner approves their own.</summary>
    ApproveOwn,

    /// <summary>The other administrator stops a reset.</summary>
    Stop,

    /// <summary>Half a minute passes.</summary>
    Wait,

    /// <summary>More than a day passes.</summary>
    WaitLong,
}

/// <summary>One step.</summary>
/// <param name="Act">What is done.</param>
/// <param name="Grace">Whether the reset is Grace's; else Ada's.</param>
/// <param name="Choice">Which of the requests, 0 being the newest.</param>
public sealed record AdministratorStep(AdministratorAct Act, bool Grace, int Choice)
{
    /// <inheritdoc />
    public override string ToString() => $"{Act}({(Grace ? "Grace" : "Ada")}, {Choice})";
}

/// <summary>Two administrators, and what happens to them.</summary>
/// <param name="Steps">The steps, in order.</param>
public sealed record AdministratorStory(IReadOnlyList<AdministratorStep> Steps)
{
    /// <inheritdoc />
    public override string ToString() => string.Join(", ", Steps);
}

/// <summary>Makes stories at random, and shorter ones of a story that fails.</summary>
internal static class AdministratorStories
{
    private const int LongestStory = 14;

    private static readonly Gen<AdministratorAct[]> Acts = Gen.Frequency(
        (8, Some(AdministratorAct.Request, AdministratorAct.Mail)),
        (6, Some(AdministratorAct.Request, AdministratorAct.Mail, AdministratorAct.Approve, AdministratorAct.Mail)),
        (4, Some(AdministratorAct.Request)),
        (4, Some(AdministratorAct.Mail)),
        (3, Some(AdministratorAct.Open)),
        (4, Some(AdministratorAct.ProveByCode)),
        (2, Some(AdministratorAct.ProveByOldCode)),
        (1, Some([.. Enumerable.Repeat(AdministratorAct.ProveByOldCode, 5)])),
        (3, Some(AdministratorAct.ProveByApp)),
        (
            2,
            Some(
                AdministratorAct.ProveByApp,
                AdministratorAct.Request,
                AdministratorAct.Mail,
                AdministratorAct.ProveByApp
            )
        ),
        (2, Some(AdministratorAct.ProveByForeignCode)),
        (10, Some(AdministratorAct.Complete)),
        (2, Some(AdministratorAct.CompleteForged)),
        (4, Some(AdministratorAct.Approve)),
        (2, Some(AdministratorAct.Request, AdministratorAct.Mail, AdministratorAct.ApproveOwn)),
        (2, Some(AdministratorAct.ApproveOwn)),
        (3, Some(AdministratorAct.Stop)),
        (1, Some(AdministratorAct.Stop, AdministratorAct.Complete)),
        (2, Some(AdministratorAct.Complete, AdministratorAct.Mail, AdministratorAct.Stop)),
        (1, Some(AdministratorAct.Request, AdministratorAct.Mail, AdministratorAct.WaitLong, AdministratorAct.Stop)),
        (2, Some(AdministratorAct.Wait)),
        (1, Some(AdministratorAct.WaitLong))
    );

    private static readonly Gen<AdministratorStep[]> Scenes =
        from acts in Acts
        from grace in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from choice in Gen.Frequency((5, Gen.Constant(0)), (2, Gen.Choose(1, 3)))
        select acts.Select(a => new AdministratorStep(a, grace, choice)).ToArray();

    private static readonly Gen<AdministratorStory> Stories =
        from length in Gen.Choose(1, LongestStory)
        from scenes in Scenes.ListOf(length)
        select new AdministratorStory([.. scenes.SelectMany(s => s).Take(length)]);

    public static Arbitrary<AdministratorStory> Any { get; } = Arb.From(Stories, Shrink);

    private static Gen<AdministratorAct[]> Some(params AdministratorAct[] acts) => Gen.Constant(acts);

    // One step less.
    private static IEnumerable<AdministratorStory> Shrink(AdministratorStory story)
    {
        for (var i = 0; i < story.Steps.Count; i++)
        {
            yield return new([.. story.Steps.Take(i), .. story.Steps.Skip(i + 1)]);
        }
    }
}
