using Xunit.v3;

namespace Tests.Support;

/// <summary>
/// How much a test does. <c>tests/run</c> has a little of each, the same every time; <c>tests/run soak</c> has what is
/// long, random anew or measured by the clock.
/// </summary>
internal static class Soak
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("IDP_TEST_SOAK") == "1";

    public static int Times(int few, int many) => IsOn ? many : few;
}

/// <summary>This test does more in <c>tests/run soak</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MoreInSoakAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("soak", "more")];
}

/// <summary>This test runs in <c>tests/run soak</c> alone: the clock or chance decides how it ends.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnlyInSoakAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("soak", "only")];
}
