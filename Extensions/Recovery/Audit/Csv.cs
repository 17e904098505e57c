using System.Buffers;

namespace IdP.Recovery;

/// <summary>Lines of comma-separated values (RFC 4180) that no spreadsheet takes for formulas.</summary>
public static class Csv
{
    // RFC 4180, 2.6 and 2.7.
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    /// <summary>A line with its end.</summary>
    /// <param name="cells">What stands in it; null is empty.</param>
    public static string Row(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    // Security: a spreadsheet calculates what begins like a formula, and a name or a reason is any person's words.
    private static string Cell(string? value)
    {
        var safe = value is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + value : value ?? "";
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
