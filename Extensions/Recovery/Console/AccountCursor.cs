using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace IdP.Recovery.Console;

/// <summary>The place of an account in a list; not a secret, and it opens nothing.</summary>
/// <param name="Key">By what the list is sorted; null behind all that have it.</param>
/// <param name="Id">The account.</param>
/// <param name="Back">Whether the page is the one before it, not the one after.</param>
internal sealed record AccountCursor(string? Key, string Id, bool Back = false)
{
    private const string BackMark = "~";
    private const char Separator = '\n';
    private const int MaxLength = 1024;

    public static AccountCursor? Read(string? text)
    {
        if (text?.StartsWith(BackMark, StringComparison.Ordinal) == true)
        {
            return Read(text[BackMark.Length..]) is { Back: false } cursor ? cursor with { Back = true } : null;
        }

        if (text is not { Length: > 0 and <= MaxLength } || !Base64Url.IsValid(text))
        {
            return null;
        }

        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(Separator);
        return parts switch
        {
            [var id] => new(null, id),
            [var id, var key] when !key.Contains('\0', StringComparison.Ordinal) => new(key, id),
            _ => null,
        };
    }

    public override string ToString() =>
        (Back ? BackMark : "")
        + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Key is null ? Id : Id + Separator + Key));

    public static string Write(DateTimeOffset time) => time.UtcTicks.ToString(CultureInfo.InvariantCulture);

    public static DateTimeOffset? ReadTime(string key) =>
        long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
        && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : null;
}
