using System.Text.RegularExpressions;
using IdP.Recovery.Audit;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>The list of the types that the plugin's README gives is the list that the code has.</summary>
public sealed partial class ListTests
{
    [Fact]
    public async Task The_README_lists_every_type_once_and_no_other()
    {
        var readme = await File.ReadAllTextAsync(
            Repository.PathOf("Extensions", "Recovery", "README.md"),
            TestContext.Current.CancellationToken
        );
        var table = readme[readme.IndexOf("## The audit", StringComparison.Ordinal)..];
        var listed = Row().Matches(table[..table.IndexOf("\n## Threat", StringComparison.Ordinal)]);

        Assert.Equal(AuditTypes.All, listed.Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_two_types_share_a_name_and_each_fits_its_column()
    {
        Assert.Equal(AuditTypes.All, AuditTypes.All.Distinct());
        Assert.All(AuditTypes.All, t => Assert.Matches("^[a-z-]+\\.[a-z-]+$", t));
        Assert.All(AuditTypes.All, t => Assert.InRange(t.Length, 1, 64));
    }

    [GeneratedRegex("^\\| `([^`]+)` \\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
