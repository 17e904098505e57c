using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>The README's table of options.</summary>
public sealed class OptionsTableTests
{
    [Fact]
    public void Every_setting_stands_in_the_table()
    {
        var builder = ProviderHost.CreateBuilder([
            "--environment=Testing",
            "--Origin=http://localhost:5080",
            "--contentRoot=" + Repository.PathOf("IdentityProvider"),
        ]);
        var table = File.ReadLines(Repository.PathOf("README.md"))
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Aggregate("", (all, line) => all + line);
        var settings = builder
            .Services.Where(s => !s.IsKeyedService)
            .Select(s => s.ImplementationInstance?.GetType())
            .Where(t =>
                t is { IsGenericType: true }
                && t.GetGenericTypeDefinition() == typeof(NamedConfigureFromConfigurationOptions<>)
            )
            .Select(t => t!.GenericTypeArguments[0])
            .Where(t => t.Namespace!.StartsWith("Id", StringComparison.Ordinal))
            .Distinct()
            .SelectMany(t => t.GetProperties().Where(p => p.DeclaringType == t).Select(p => (t.Name, p.Name)))
            .ToList();

        Assert.True(settings.Count > 60, $"{settings.Count} settings");
        Assert.DoesNotContain(
            settings,
            s =>
                !table.Contains($":{s.Item2}`", StringComparison.Ordinal)
                && !table.Contains($":{s.Item2}:", StringComparison.Ordinal)
                && !table.Contains($"`{s.Item2}`", StringComparison.Ordinal)
        );
    }
}
