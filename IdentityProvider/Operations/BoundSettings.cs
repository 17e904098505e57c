using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Operations;

/// <summary>A setting whose value is not of its type.</summary>
/// <param name="Name">As in appsettings, with colons.</param>
/// <param name="Sentence">What is wrong.</param>
internal sealed record WrongSetting(string Name, string Sentence);

/// <summary>
/// The options classes that are bound to settings. The framework's own check at the start ends at the first value that
/// is not of its type; this one goes on, so that one message tells everything.
/// </summary>
internal sealed partial class BoundSettings
{
    private readonly IReadOnlyList<Bound> all;

    private BoundSettings(IReadOnlyList<Bound> all) => this.all = all;

    /// <summary>Those that are registered by now.</summary>
    public static BoundSettings Of(IServiceCollection services) =>
        new([
            .. services
                .Select(s => s.IsKeyedService ? null : s.ImplementationInstance?.GetType())
                .Where(t =>
                    t is { IsGenericType: true }
                    && t.GetGenericTypeDefinition() == typeof(NamedConfigureFromConfigurationOptions<>)
                )
                .Select(t => t!.GenericTypeArguments[0])
                .Distinct()
                .Select(t => (Bound)Activator.CreateInstance(typeof(Bound<>).MakeGenericType(t))!),
        ]);

    /// <summary>One sentence for each setting that is missing or wrong.</summary>
    public IReadOnlyList<string> Problems(IServiceProvider services) =>
        [.. all.SelectMany(b => b.Problems(services)).Distinct(StringComparer.Ordinal)];

    /// <summary>What the configuration binder says of a value that is not of the setting's type; null for all else.</summary>
    public static WrongSetting? WrongType(Exception exception)
    {
        if (
            exception is not InvalidOperationException { InnerException: not null }
            || exception.Source != "Microsoft.Extensions.Configuration.Binder"
        )
        {
            return null;
        }

        var said = BindersSentence().Match(exception.Message);
        if (!said.Success)
        {
            return new("", exception.Message);
        }

        var (value, name) = (said.Groups["value"].Value, said.Groups["name"].Value);
        var kind = said.Groups["type"].Value switch
        {
            "System.TimeSpan" => "a time such as 00:10:00",
            "System.Int32" or "System.Int64" => "a whole number",
            "System.Boolean" => "true or false",
            "System.Uri" => "an address",
            var type => $"a {type[(type.LastIndexOf('.') + 1)..]}",
        };
        return new(name, $"{name} must be {kind}, but was '{value}'.");
    }

    [GeneratedRegex(
        "configuration value '(?<value>.*)' at '(?<name>[^']+)' to type '(?<type>[^']+)'",
        RegexOptions.Singleline
    )]
    private static partial Regex BindersSentence();

    private abstract class Bound
    {
        public abstract IEnumerable<string> Problems(IServiceProvider services);
    }

    private sealed class Bound<TOptions> : Bound
        where TOptions : class
    {
        public override IEnumerable<string> Problems(IServiceProvider services)
        {
            var factory = services.GetRequiredService<IOptionsFactory<TOptions>>();
            var configuration = services.GetRequiredService<IConfiguration>();
            var told = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (true)
            {
                WrongSetting wrong;
                try
                {
                    _ = factory.Create(Options.DefaultName);
                    return told.Values;
                }
                catch (Exception exception) when (WrongType(exception) is { } found)
                {
                    wrong = found;
                }
                catch (Exception exception) when (SettingsProblems.ProblemsOf(exception) is { Count: > 0 } others)
                {
                    // One that is told already is looked at as if it were empty, which is no news.
                    return
                    [
                        .. told.Values,
                        .. others.Where(o =>
                            !told.ContainsKey(o[..Math.Max(0, o.IndexOf(' ', StringComparison.Ordinal))])
                        ),
                    ];
                }

                if (!told.TryAdd(wrong.Name, wrong.Sentence) || wrong.Name.Length == 0)
                {
                    return told.Values;
                }

                // The host will not start: what is behind the wrong value may be looked at without it.
                configuration[wrong.Name] = null;
            }
        }
    }
}
