using Microsoft.Extensions.Configuration;
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
            .SelectMany(NamedIn)
            .ToHashSet(StringComparer.Ordinal);
        var settings = builder
            .Services.Where(s => !s.IsKeyedService)
            .Select(s => s.ImplementationInstance)
            .Where(i =>
                i?.GetType() is { IsGenericType: true } type
                && type.GetGenericTypeDefinition() == typeof(NamedConfigureFromConfigurationOptions<>)
                && type.GenericTypeArguments[0].Namespace!.StartsWith("Id", StringComparison.Ordinal)
            )
            .SelectMany(i => SettingsOf(i!.GetType().GenericTypeArguments[0], SectionOf(i)))
            .Distinct()
            .ToList();

        Assert.True(settings.Count > 60, $"{settings.Count} settings");
        Assert.Equal(
            [],
            settings.Where(s => !table.Any(t => t == s || t.StartsWith(s + ":", StringComparison.Ordinal)))
        );
    }

    private static IEnumerable<string> SettingsOf(Type type, string section) =>
        type.GetProperties()
            .Where(p => p.DeclaringType == type && p.SetMethod is { IsPublic: true })
            .Select(p => section.Length == 0 ? p.Name : $"{section}:{p.Name}");

    // What binds it holds its section, and shows it nowhere.
    private static string SectionOf(object binding)
    {
        var action = (Delegate)binding.GetType().GetProperty("Action")!.GetValue(binding)!;
        var held = action.Target!.GetType().GetFields().Select(f => f.GetValue(action.Target));
        return held.OfType<IConfigurationSection>().SingleOrDefault()?.Path ?? "";
    }

    // The first cell of a row; a name that begins with a colon stands in the section of the one before.
    private static IEnumerable<string> NamedIn(string row)
    {
        var section = "";
        foreach (var name in row.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1))
        {
            var whole = name.StartsWith(':') ? section + name : name;
            section = whole.Contains(':', StringComparison.Ordinal) ? whole[..whole.LastIndexOf(':')] : "";
            yield return whole;
        }
    }
}
