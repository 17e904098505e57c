using System.Globalization;
using System.Resources;
using System.Text;
using System.Text.RegularExpressions;
using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Culture;

namespace IdP.UI.Mail;

/// <summary>
/// Texts, times and places in one recipient's language and zone. The language is given rather than ambient: a mail is
/// written by a job, which belongs to no request.
/// </summary>
internal sealed partial class MailWords
{
    private const int LongestName = 64;

    private static readonly ResourceManager Texts = new("IdP.UI.Texts.MailText", typeof(MailWords).Assembly);

    private readonly TimeZoneInfo zone;
    private readonly string zoneName;

    public MailWords(MailRecipient to)
    {
        Culture = CultureInfo.GetCultureInfo(LanguageOf(to.Language));
        (zone, zoneName) =
            to.TimeZone is { } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var found)
                ? (found, id)
                : (TimeZoneInfo.Utc, "UTC");
    }

    public CultureInfo Culture { get; }

    public string this[string key, params object?[] values]
    {
        get
        {
            var text =
                Texts.GetString(key, Culture)
                ?? throw new InvalidOperationException($"MailText.resx has no text '{key}'.");
            return values.Length == 0 ? text : string.Format(Culture, text, values);
        }
    }

    /// <summary>A text that not every mail has; null where this one has none.</summary>
    public string? Find(string key) => Texts.GetString(key, Culture);

    /// <summary>A time on the recipient's clock, with the name of that clock.</summary>
    public string Time(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        return $"{local.ToString(this["Time.Format"], Culture)} ({zoneName})";
    }

    /// <summary>Browser and network in words.</summary>
    /// <summary>How long, in whole hours where it is, else in minutes.</summary>
    public string Duration(TimeSpan span) =>
        span.TotalHours >= 2 && span.TotalHours == Math.Floor(span.TotalHours)
            ? this["Duration.Hours", span.TotalHours]
            : this["Duration.Minutes", span.TotalMinutes];

    public string Requester(Requester from, string provider) =>
        from switch
        {
            { Browser: { } browser, Network: { } network } => this["From.Both", Browser(browser), network],
            { Browser: { } browser } => this["From.Browser", Browser(browser)],
            { Network: { } network } => this["From.Network", network],
            _ => this["From.None", provider],
        };

    public string Greeting(string? name) =>
        PlainName(name) is { } plain ? this["Greeting.Named", plain] : this["Greeting"];

    /// <summary>
    /// A name that is safe to repeat. Security: threat 2; people choose their own, and a name that reads as an address
    /// would become a link in a mail of ours.
    /// </summary>
    public static string? PlainName(string? name)
    {
        var plain = new StringBuilder();
        foreach (var rune in (name ?? "").EnumerateRunes())
        {
            plain.Append(IsPlain(rune) ? rune.ToString() : " ");
        }

        var text = string.Join(' ', plain.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length is 0 or > LongestName || Address().IsMatch(text) ? null : text;
    }

    private static bool IsPlain(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.SpaceSeparator
            );

    private string Browser(string described) =>
        described.Split(" on ") is [var browser, var system] ? this["Browser.On", browser, system] : described;

    private static string LanguageOf(string? tag) =>
        Languages.Tags.FirstOrDefault(own =>
            string.Equals(tag, own, StringComparison.OrdinalIgnoreCase)
            || tag?.StartsWith(own + "-", StringComparison.OrdinalIgnoreCase) == true
        ) ?? Languages.Tags[0];

    [GeneratedRegex(@"[@/\\]|\w{2,}\.\w{2,}")]
    private static partial Regex Address();
}
