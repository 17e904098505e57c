namespace IdP.Recovery.Passwords;

/// <summary>Whose password is judged.</summary>
/// <param name="Email">The account's address.</param>
/// <param name="DisplayName">The person's name.</param>
/// <param name="HasSecondFactor">Whether a second factor is asked for.</param>
public sealed record PasswordOwner(string Email, string? DisplayName, bool HasSecondFactor);

/// <summary>What the policy says of a password: a closed set, each with the reason to tell.</summary>
public abstract record PasswordVerdict
{
    private PasswordVerdict() { }

    /// <summary>It may be used.</summary>
    public sealed record Accepted : PasswordVerdict;

    /// <summary>Too few characters.</summary>
    /// <param name="Minimum">In Unicode characters (code points, after NFC).</param>
    public sealed record TooShort(int Minimum) : PasswordVerdict;

    /// <summary>Too many characters.</summary>
    /// <param name="Maximum">In Unicode characters.</param>
    public sealed record TooLong(int Maximum) : PasswordVerdict;

    /// <summary>Control characters, or text that is not Unicode.</summary>
    public sealed record InvalidCharacters : PasswordVerdict;

    /// <summary>Made of passwords and words that are tried first.</summary>
    public sealed record Common : PasswordVerdict;

    /// <summary>Repeats, runs of neighbouring keys, or sequences such as <c>abcdef</c>.</summary>
    public sealed record Predictable : PasswordVerdict;

    /// <summary>Little more than the service's name.</summary>
    public sealed record NamesService : PasswordVerdict;

    /// <summary>Little more than the person's own name or address.</summary>
    public sealed record NamesOwner : PasswordVerdict;
}
