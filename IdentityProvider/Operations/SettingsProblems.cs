using Microsoft.Extensions.Options;

namespace IdentityProvider.Operations;

/// <summary>Settings that stop the start; its message has a line for each.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception(
        "The settings do not allow a start:" + string.Concat(problems.Select(p => $"{Environment.NewLine}  - {p}"))
    )
{
    /// <summary>One sentence for each setting.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}

internal static class SettingsProblems
{
    /// <summary>Checks every options class that asks for it, and tells all at once what is wrong.</summary>
    /// <exception cref="SettingsException">Something is missing or wrong.</exception>
    public static void Check(IServiceProvider services)
    {
        var problems = services.GetRequiredService<BoundSettings>().Problems(services);
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception exception) when (ProblemsOf(exception) is { Count: > 0 } others)
        {
            throw new SettingsException(others);
        }
    }

    /// <summary>The sentences of an exception that settings caused; empty for any other.</summary>
    public static IReadOnlyList<string> ProblemsOf(Exception exception) =>
        exception switch
        {
            SettingsException settings => settings.Problems,
            OptionsValidationException validation => [.. validation.Failures.Select(Plain)],
            AggregateException several when several.InnerExceptions.All(e => e is OptionsValidationException) =>
            [
                .. several.InnerExceptions.SelectMany(ProblemsOf).Distinct(StringComparer.Ordinal),
            ],
            _ => BoundSettings.WrongType(exception) is { } wrong ? [wrong.Sentence] : [],
        };

    // Data annotations wrap the sentence in the class's name, which says nothing to who sets settings.
    private static string Plain(string failure)
    {
        const string before = "with the error: '";
        var start = failure.IndexOf(before, StringComparison.Ordinal);
        return start < 0 ? failure : failure[(start + before.Length)..].TrimEnd('.').TrimEnd('\'');
    }
}
