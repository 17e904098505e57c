using FsCheck;
using Tests.Support;

namespace Recovery.Tests.Attacks;

internal static class Stories
{
    // The second half of a seed is odd.
    private const ulong Odd = 7;

    /// <summary>Plays random stories: the same in each <c>tests/run</c>, others in each <c>tests/run soak</c>.</summary>
    public static void Play(Property property, int times, ulong seed = 0)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(times);
        Check.One(Soak.IsOn ? config : config.WithReplay(new Replay(new Rnd(seed, Odd), null)), property);
    }
}
