using System.Buffers;
using System.Text;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Passwords;

/// <summary>
/// Judges a new password (SP 800-63B-4, 3.1.1.2): length, and a blocklist. There are no rules of composition and no
/// forced change; any Unicode counts, spaces are kept. Takes a few milliseconds at most, whatever is given.
/// </summary>
public sealed class PasswordPolicy
{
    // Below this a password falls to 2^26 guesses, words, dates and runs first: far more than sign-in lets through.
    private const double FewestBits = 26;

    // What is nearly all pattern must be this much better: there are more patterns than are counted.
    private const double FewestPatternBits = 45;
    private const double MostlyPattern = 0.75;

    // A character has at most four parts, each at most two UTF-16 units; longer input is too long in any form.
    private const int LongestForm = 8;

    // Security: bad input. They turn text around without being seen, and no keyboard has them.
    private static readonly SearchValues<char> Directions = SearchValues.Create(
        "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"
    );

    private readonly PasswordPolicyOptions options;
    private readonly string[] serviceWords;

    /// <summary>A policy.</summary>
    /// <param name="options">The lengths, and the service's names.</param>
    public PasswordPolicy(IOptions<PasswordPolicyOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Value;
        serviceWords = [.. this.options.ServiceNames.SelectMany(KnownWords.Whole).Distinct()];
    }

    /// <summary>The fewest characters that an owner's password must have.</summary>
    /// <param name="hasSecondFactor">Whether a second factor is asked for.</param>
    public int MinimumLength(bool hasSecondFactor) =>
        hasSecondFactor ? options.MinimumLengthWithMfa : options.MinimumLength;

    /// <summary>The form in which a password is judged and hashed; null when it is not Unicode.</summary>
    /// <param name="password">As typed.</param>
    public static string? Normalize(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        try
        {
            return password.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Judges a password; the first reason against it is the answer.</summary>
    /// <param name="password">As typed.</param>
    /// <param name="owner">Whose it would be.</param>
    public PasswordVerdict Judge(string password, PasswordOwner owner)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(owner);

        // Order: the length first, so that nothing below works on a megabyte.
        if (password.Length > LongestForm * options.MaximumLength)
        {
            return new PasswordVerdict.TooLong(options.MaximumLength);
        }

        if (
            Normalize(password) is not { } normalized
            || normalized.Any(char.IsControl)
            || normalized.AsSpan().ContainsAny(Directions)
        )
        {
            return new PasswordVerdict.InvalidCharacters();
        }

        var length = Characters(normalized);
        var minimum = MinimumLength(owner.HasSecondFactor);
        if (length < minimum)
        {
            return new PasswordVerdict.TooShort(minimum);
        }

        if (length > options.MaximumLength)
        {
            return new PasswordVerdict.TooLong(options.MaximumLength);
        }

        var (own, known) = WithoutKnownWords(normalized, owner);
        return known is not null && Characters(own) < minimum
            ? known
            : JudgePatterns(own, minimum) ?? new PasswordVerdict.Accepted();
    }

    private static int Characters(string text) => text.EnumerateRunes().Count();

    // What anyone knows does not count: 'Mark' may choose 'remarkable horse pasture', but not 'mark likes horses'.
    private (string Own, PasswordVerdict? Known) WithoutKnownWords(
        string password,
        PasswordOwner owner
    )
    {
        var covered = new bool[password.Length];
        var ownerWords = KnownWords
            .Of(owner.Email)
            .Concat(KnownWords.Of(owner.Email.Split('@')[0]))
            .Concat(KnownWords.Of(owner.DisplayName ?? ""));

        var namesService = KnownWords.Cover(password, serviceWords, covered);
        var namesOwner = KnownWords.Cover(password, ownerWords, covered);
        return (
            string.Concat(password.Where((_, i) => !covered[i])),
            namesService ? new PasswordVerdict.NamesService()
            : namesOwner ? new PasswordVerdict.NamesOwner()
            : null
        );
    }

    private static PasswordVerdict? JudgePatterns(string own, int minimum)
    {
        // Repeating adds no length: what is repeated must be long enough itself, or else is told for what it is.
        var piece = own[..Period(own.ToLowerInvariant())];
        if (piece.Length < own.Length && Characters(piece) < minimum)
        {
            return JudgeGuesses(piece) ?? new PasswordVerdict.Predictable();
        }

        return JudgeGuesses(own)
            ?? (WithoutSeparator(own) is { } joined ? JudgeGuesses(joined) : null);
    }

    private static PasswordVerdict? JudgeGuesses(string text)
    {
        // Wide and other compatible letters are guessed as the plain ones; a few of them unfold to whole phrases.
        var plain = text.Normalize(NormalizationForm.FormKC);
        var estimate = GuessEstimate.Of(plain.Length <= 2 * text.Length ? plain : text);
        var weak =
            estimate.Bits < FewestBits
            || (estimate.PatternShare >= MostlyPattern && estimate.Bits < FewestPatternBits);
        return !weak ? null
            : estimate.MostlyWords ? new PasswordVerdict.Common()
            : new PasswordVerdict.Predictable();
    }

    // 'p-a-s-s-w-o-r-d' is 'password'. More than one kind of separator is more than a habit.
    private static string? WithoutSeparator(string text)
    {
        var separators = text.Where(c => !char.IsLetterOrDigit(c)).Distinct().Take(2).ToList();
        var joined = separators is [var only] ? text.Replace($"{only}", "") : "";
        return joined.Length * 2 >= text.Length ? joined : null;
    }

    // The length of the shortest piece that the whole repeats, twice or more; the last time may be cut short, as a
    // piece that ends in a separator is.
    private static int Period(string text)
    {
        var borders = new int[text.Length];
        for (var i = 1; i < text.Length; i++)
        {
            var border = borders[i - 1];
            while (border > 0 && text[i] != text[border])
            {
                border = borders[border - 1];
            }

            borders[i] = text[i] == text[border] ? border + 1 : 0;
        }

        var period = text.Length - borders[^1];
        return period * 2 <= text.Length + 1 ? period : text.Length;
    }
}
