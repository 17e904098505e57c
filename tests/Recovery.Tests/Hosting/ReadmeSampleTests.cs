using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>What the README tells a beginner to write is what the sample host is made of, and little.</summary>
public sealed class ReadmeSampleTests
{
    private const int Most = 30;

    private static readonly string[] Readme = CodeOf("## In ten minutes");

    private static readonly string[] Added =
    [
        .. File.ReadLines(Repository.PathOf("tests", "SampleHost", "plugin.patch"))
            .Where(line => line.StartsWith('+') && !line.StartsWith("+++", StringComparison.Ordinal))
            .Select(line => line[1..].Trim())
            .Where(line => line.Length > 0),
    ];

    [Fact]
    public void A_host_needs_fewer_lines_than_thirty() => Assert.InRange(Added.Length, 1, Most - 1);

    [Fact]
    public void Every_line_of_the_sample_host_stands_in_the_README() => Assert.Empty(Added.Except(Readme));

    [Fact]
    public void Every_line_of_the_READMEs_code_stands_in_the_sample_host() => Assert.Empty(Readme.Except(Added));

    [Fact]
    public void The_bodies_of_ports_in_the_README_are_those_that_are_compiled()
    {
        var compiled = File.ReadLines(Repository.PathOf("tests", "Recovery.Tests", "Hosting", "PortBodies.cs"))
            .Select(line => line.Trim().Replace("internal ", "", StringComparison.Ordinal));

        var shown = CodeOf("## What can be yours");

        Assert.NotEmpty(shown);
        Assert.Empty(shown.Except(compiled));
    }

    private static string[] CodeOf(string heading)
    {
        var lines = File.ReadAllLines(Repository.PathOf("Extensions", "Recovery", "README.md"));
        var start = Array.IndexOf(lines, heading);
        var inCode = false;
        var code = new List<string>();
        foreach (var line in lines.Skip(start + 1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal)))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inCode = !inCode;
            }
            else if (inCode && line.Trim().Length > 0)
            {
                code.Add(line.Trim());
            }
        }

        return [.. code];
    }
}
