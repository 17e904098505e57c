using System.Text;
using Microsoft.Extensions.Options;
using Zxcvbn.Matcher;

namespace IdP.Recovery.Passwords;

/// <summary>
/// Judges a new password (SP 800-63B-4, 3.1.1.2): length, and a blocklist. There are no rules of composition and no
/// forced change; any Unicode counts, spaces are kept.
/// </summary>
/// <param name="options">The lengths.</param>
public sealed class PasswordPolicy(IOptions<PasswordPolicyOptions> options)
{
    // Fewer bits than this are guessed in an afternoon: words in a row, runs, repeats.
    private const double FewestBits = 24;
    private const int ShortestName = 4;

    // The estimator's time grows with the square of the length, so that it is given one piece after another.
    private const int Piece = 32;

    // One for all, since each reads its word lists anew: 10 MB that would be read for every password. It says nothing of
    // threads, so that one at a time asks it.
    private static readonly Zxcvbn.Zxcvbn Estimator = new();
    private static readonly Lock OneAtATime = new();

    // Code points before composition: nothing below works on a megabyte.
    private const int MostUnitsPerCharacter = 8;

    private readonly PasswordPolicyOptions options = options.Value;

    /// <summary>The fewest characters that an owner's password must have.</summary>
    /// <param name="hasSecondFactor">Whether a second factor is asked for.</param>
    public int MinimumLength(bool hasSecondFactor) =>
        hasSecondFactor ? options.MinimumLengthWithMfa : options.MinimumLength;

    /// <summary>The form in which a password is judged and hashed; null when it is not Unicode.</summary>
    /// <param name="password">As typed.</param>
    public static string? Normalize(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Judges a password that would be an account's.</summary>
    public PasswordVerdict Judge(string password, RecoverableAccount account) =>
        Judge(password, new PasswordOwner(account.Email, account.DisplayName, account.Factors.Any));

    /// <summary>Judges a password.</summary>
    /// <param name="password">As typed.</param>
    /// <param name="owner">Whose it would be.</param>
    public PasswordVerdict Judge(string password, PasswordOwner owner)
    {
        if (password.Length > MostUnitsPerCharacter * options.MaximumLength)
        {
            return new PasswordVerdict.TooLong(options.MaximumLength);
        }

        if (Normalize(password) is not { } normalized || normalized.EnumerateRunes().Any(IsUnseen))
        {
            return new PasswordVerdict.InvalidCharacters();
        }

        var length = normalized.EnumerateRunes().Count();
        var minimum = MinimumLength(owner.HasSecondFactor);
        if (length < minimum)
        {
            return new PasswordVerdict.TooShort(minimum);
        }

        if (length > options.MaximumLength)
        {
            return new PasswordVerdict.TooLong(options.MaximumLength);
        }

        if (LeansOn(normalized, options.ServiceNames, minimum))
        {
            return new PasswordVerdict.NamesService();
        }

        if (LeansOn(normalized, NamesOf(owner), minimum))
        {
            return new PasswordVerdict.NamesOwner();
        }

        var estimate = Estimate(normalized);
        return estimate is PasswordVerdict.Accepted && RepeatedPiece(normalized) < minimum
            ? new PasswordVerdict.Predictable()
            : estimate;
    }

    private static PasswordVerdict Estimate(string password)
    {
        // Full-width and other forms of a letter are that letter here, and separators hide no word.
        var plain = string.Concat(
            password.Normalize(NormalizationForm.FormKC).Where(c => c is not ('-' or '.' or '_'))
        );
        var (bits, words) = (0.0, 0);
        foreach (var piece in plain.Chunk(Piece))
        {
            var result = Ask(new string(piece));
            words += result.MatchSequence.OfType<DictionaryMatch>().Sum(m => m.Token.Length);
            bits += result.Entropy;
            if (bits >= FewestBits)
            {
                return new PasswordVerdict.Accepted();
            }
        }

        return 2 * words >= plain.Length ? new PasswordVerdict.Common() : new PasswordVerdict.Predictable();
    }

    private static Zxcvbn.Result Ask(string piece)
    {
        lock (OneAtATime)
        {
            return Estimator.EvaluatePassword(piece);
        }
    }

    // 'kR7#kR7#kR7' is no longer than 'kR7#'.
    private static int RepeatedPiece(string password)
    {
        var runes = password.EnumerateRunes().ToArray();
        for (var length = 1; length < runes.Length; length++)
        {
            if (runes.AsSpan(length).SequenceEqual(runes.AsSpan(0, runes.Length - length)))
            {
                return length;
            }
        }

        return runes.Length;
    }

    // Too short without the names in it.
    private static bool LeansOn(string password, IEnumerable<string> names, int minimum)
    {
        var rest = password;
        foreach (var name in names.OrderByDescending(n => n.Length))
        {
            rest = rest.Replace(name, "", StringComparison.OrdinalIgnoreCase);
        }

        return rest.Length < password.Length && rest.EnumerateRunes().Count() < minimum;
    }

    // Controls, and marks that turn the direction of text: nobody types them knowingly.
    private static bool IsUnseen(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static IEnumerable<string> NamesOf(PasswordOwner owner)
    {
        var local = owner.Email.Split('@')[0];
        return new[] { local, owner.Email, owner.DisplayName ?? "" }
            .Concat(local.Split('.', '-', '_', '+'))
            .Concat((owner.DisplayName ?? "").Split(' '))
            .Where(name => name.Length >= ShortestName)
            .Distinct(StringComparer.OrdinalIgnoreCase);
    }
}
