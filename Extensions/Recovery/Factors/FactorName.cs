using System.Globalization;

namespace IdP.Recovery.Factors;

/// <summary>What a person calls a factor.</summary>
internal static class FactorName
{
    public const int MaxLength = 64;

    /// <summary>The name as kept; null when nothing is left of it or it is too long.</summary>
    public static string? Read(string? name)
    {
        var plain = name?.Trim() ?? "";
        return plain.Length is > 0 and <= MaxLength && PlainText.Is(plain) ? plain : null;
    }

    /// <summary>The name as kept, or a number where there is none.</summary>
    public static string Of(string? name, int number) =>
        Read(name) ?? string.Create(CultureInfo.InvariantCulture, $"{number}");
}
