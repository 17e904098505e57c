using FsCheck;
using FsCheck.Fluent;

namespace Recovery.Tests.Attacks;

/// <summary>What somebody does next: the owner, a stranger, a job or the clock, in whatever order.</summary>
public enum ResetAct
{
    /// <summary>Asks for a reset.</summary>
    Request,

    /// <summary>Asks for one under the administrators' link.</summary>
    RequestAsAdministrator,

    /// <summary>Asks for one by the address that the person had before.</summary>
    RequestByOldAddress,

    /// <summary>Lets the jobs run: links and notices are mailed.</summary>
    Mail,

    /// <summary>Opens a mailed link.</summary>
    Open,

    /// <summary>Shows the authenticator's code of this moment.</summary>
    Prove,

    /// <summary>Shows a code that is not the authenticator's.</summary>
    ProveWrong,

    /// <summary>Shows a code of the other person's authenticator.</summary>
    ProveForeign,

    /// <summary>Shows a passkey.</summary>
    ProvePasskey,

    /// <summary>Shows the other person's passkey.</summary>
    ProveForeignPasskey,

    /// <summary>Sends what a passkey has answered once before.</summary>
    ProveUsedPasskey,

    /// <summary>Sets a password with a mailed link.</summary>
    Complete,

    /// <summary>Sets one that the policy refuses.</summary>
    CompleteWeak,

    /// <summary>Sets one without a link, or with a made-up one.</summary>
    CompleteForged,

    /// <summary>Time passes.</summary>
    Wait,

    /// <summary>Gets another address; the host replaces the security stamp, as Identity does.</summary>
    ChangeAddress,

    /// <summary>Gets another address in a host that forgets the security stamp.</summary>
    ChangeAddressOnly,

    /// <summary>Changes the password by giving the current one.</summary>
    ChangePassword,

    /// <summary>Signs in with the password.</summary>
    SignIn,

    /// <summary>Signs in with the password before this one.</summary>
    SignInWithOld,

    /// <summary>Says 'this was not me' by a mailed notice.</summary>
    NotMe,
}

/// <summary>One step.</summary>
/// <param name="Act">What is done.</param>
/// <param name="Bob">Whether Bob does it, or it is done to him; else Ada.</param>
/// <param name="Choice">Which link or notice, 0 being the newest; or how long to wait, or what to make up.</param>
public sealed record ResetStep(ResetAct Act, bool Bob, int Choice)
{
    /// <inheritdoc />
    public override string ToString() => $"{Act}({(Bob ? "Bob" : "Ada")}, {Choice})";
}

/// <summary>Two people, and what happens to them.</summary>
/// <param name="AdaHasFactor">Whether Ada has an authenticator and a passkey.</param>
/// <param name="BobHasFactor">Whether Bob has them.</param>
/// <param name="Steps">The steps, in order.</param>
public sealed record ResetStory(bool AdaHasFactor, bool BobHasFactor, IReadOnlyList<ResetStep> Steps)
{
    /// <inheritdoc />
    public override string ToString() => $"factors: {(AdaHasFactor, BobHasFactor)}; {string.Join(", ", Steps)}";
}

/// <summary>Makes stories at random, and smaller ones of a story that fails.</summary>
internal static class ResetStories
{
    private const int LongestStory = 14;

    // Weighted so that stories get somewhere: most acts mean nothing before a link is mailed.
    private static readonly Gen<ResetAct[]> Acts = Gen.Frequency(
        (10, Some(ResetAct.Request, ResetAct.Mail)),
        (6, Some(ResetAct.Request, ResetAct.Mail, ResetAct.Prove)),
        (3, Some(ResetAct.Request, ResetAct.Mail, ResetAct.ProvePasskey)),
        (
            1,
            Some(
                ResetAct.Request,
                ResetAct.Mail,
                ResetAct.ProvePasskey,
                ResetAct.Request,
                ResetAct.Mail,
                ResetAct.ProveUsedPasskey
            )
        ),
        (4, Some(ResetAct.Request)),
        (1, Some(ResetAct.RequestAsAdministrator)),
        (1, Some(ResetAct.RequestByOldAddress)),
        (4, Some(ResetAct.Mail)),
        (4, Some(ResetAct.Open)),
        (4, Some(ResetAct.Prove)),
        (3, Some(ResetAct.ProveWrong)),
        (1, Some([.. Enumerable.Repeat(ResetAct.ProveWrong, 5)])),
        (2, Some(ResetAct.ProveForeign)),
        (2, Some(ResetAct.ProvePasskey)),
        (1, Some(ResetAct.ProveForeignPasskey)),
        (1, Some(ResetAct.ProveUsedPasskey)),
        (12, Some(ResetAct.Complete)),
        (1, Some(ResetAct.CompleteWeak)),
        (3, Some(ResetAct.CompleteForged)),
        (4, Some(ResetAct.Wait)),
        (2, Some(ResetAct.ChangeAddress)),
        (2, Some(ResetAct.ChangeAddressOnly)),
        (2, Some(ResetAct.ChangePassword)),
        (2, Some(ResetAct.SignIn)),
        (2, Some(ResetAct.SignInWithOld)),
        (2, Some(ResetAct.NotMe)),
        (2, Some(ResetAct.Complete, ResetAct.Mail, ResetAct.NotMe))
    );

    private static readonly Gen<ResetStep[]> Scenes =
        from acts in Acts
        from bob in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
        from choice in Gen.Frequency((5, Gen.Constant(0)), (3, Gen.Choose(1, 4)))
        select acts.Select(a => new ResetStep(a, bob, choice)).ToArray();

    private static readonly Gen<ResetStory> Stories =
        from ada in Gen.Elements(true, false)
        from bob in Gen.Elements(true, false)
        from length in Gen.Choose(1, LongestStory)
        from scenes in Scenes.ListOf(length)
        select new ResetStory(ada, bob, [.. scenes.SelectMany(s => s).Take(length)]);

    public static Arbitrary<ResetStory> Any { get; } = Arb.From(Stories, Shrink);

    private static Gen<ResetAct[]> Some(params ResetAct[] acts) => Gen.Constant(acts);

    // One step less, or one that chooses nothing special.
    private static IEnumerable<ResetStory> Shrink(ResetStory story)
    {
        for (var i = 0; i < story.Steps.Count; i++)
        {
            yield return story with
            {
                Steps = [.. story.Steps.Take(i), .. story.Steps.Skip(i + 1)],
            };
        }

        for (var i = 0; i < story.Steps.Count; i++)
        {
            if (story.Steps[i].Choice > 0)
            {
                var steps = story.Steps.ToArray();
                steps[i] = steps[i] with { Choice = 0 };
                yield return story with
                {
                    Steps = steps,
                };
            }
        }
    }
}
