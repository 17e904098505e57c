using Xunit.v3;

namespace Tests.Support;

/// <summary>
/// These tests start processes, which a machine can fail to give: <c>tests/run</c> tries one that fails once more by itself.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StartsProcessesAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("processes", "started")];
}
