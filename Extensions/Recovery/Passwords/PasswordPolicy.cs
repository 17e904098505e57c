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
    // Less than this many bits are tried within the lockout limits of a botnet: words in a row, runs, repeats.
    private const double FewestBits = 24;

    // What must be left when a name is taken out.
    private const int FewestOwnCharacters = 8;
    private const int ShortestName = 4;

    // The estimator's time grows with the square of the length; more says nothing more.
    private const int LongestEstimated = 64;

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

    /// <summary>Judges a password.</summary>
    /// <param name="password">As typed.</param>
    /// <param name="owner">Whose it would be.</param>
    public PasswordVerdict Judge(string password, PasswordOwner owner)
    {
        // Order: the length first, so that nothing below works on a megabyte.
        if (password.Length > 2 * options.MaximumLength)
        {
            return new PasswordVerdict.TooLong(options.MaximumLength);
        }

        if (Normalize(password) is not { } normalized || normalized.Any(char.IsControl))
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

        return LeansOn(normalized, options.ServiceNames) ? new PasswordVerdict.NamesService()
            : LeansOn(normalized, NamesOf(owner)) ? new PasswordVerdict.NamesOwner()
            : Estimate(normalized);
    }

    private static PasswordVerdict Estimate(string password)
    {
        var start = password.Length <= LongestEstimated ? password : password[..LongestEstimated];
        var result = new Zxcvbn.Zxcvbn().EvaluatePassword(start);
        if (result.Entropy >= FewestBits)
        {
            return new PasswordVerdict.Accepted();
        }

        var words = result.MatchSequence.OfType<DictionaryMatch>().Sum(m => m.Token.Length);
        return 2 * words >= start.Length
            ? new PasswordVerdict.Common()
            : new PasswordVerdict.Predictable();
    }

    private static bool LeansOn(string password, IEnumerable<string> names)
    {
        var rest = password;
        foreach (var name in names.OrderByDescending(n => n.Length))
        {
            rest = rest.Replace(name, "", StringComparison.OrdinalIgnoreCase);
        }

        return rest.Length < password.Length && rest.EnumerateRunes().Count() < FewestOwnCharacters;
    }

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
