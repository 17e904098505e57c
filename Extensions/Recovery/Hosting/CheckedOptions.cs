using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Options of the plugin.</summary>
internal interface ICheckedOptions
{
    /// <summary>One sentence for each setting that is missing or wrong.</summary>
    IEnumerable<string> Problems();
}

internal sealed class CheckedOptions<TOptions>(IOptions<TOptions> options) : ICheckedOptions
    where TOptions : class
{
    // Data annotations wrap the sentence in the class's name.
    private const string Before = "with the error: '";

    public IEnumerable<string> Problems()
    {
        try
        {
            _ = options.Value;
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures.Select(Plain);
        }
        catch (InvalidOperationException exception)
        {
            // A value that is not of the setting's type.
            return [exception.Message];
        }
    }

    private static string Plain(string failure)
    {
        var start = failure.IndexOf(Before, StringComparison.Ordinal);
        return start < 0 ? failure : failure[(start + Before.Length)..].TrimEnd('.').TrimEnd('\'');
    }
}
