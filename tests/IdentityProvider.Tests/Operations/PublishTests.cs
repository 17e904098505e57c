using System.Diagnostics;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>What goes to production is as the README says.</summary>
[StartsProcesses]
public sealed class PublishTests
{
    [Theory]
    [InlineData("-p:UseCurrentRuntimeIdentifier=true")]
    [InlineData("-p:RuntimeIdentifier=linux-x64")]
    public async Task Where_the_machine_that_it_is_for_is_named_it_is_compiled_ahead_of_its_start(string machine) =>
        Assert.Equal("true", await ReadsAsync("PublishReadyToRun", machine));

    // Compiled ahead for no machine in particular, it would not be published at all.
    [Fact]
    public async Task Else_it_is_compiled_as_it_runs() => Assert.Equal("", await ReadsAsync("PublishReadyToRun"));

    private static async Task<string> ReadsAsync(string property, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] all = ["msbuild", Repository.PathOf("IdentityProvider"), $"-getProperty:{property}", .. arguments];
        all.ToList().ForEach(start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
