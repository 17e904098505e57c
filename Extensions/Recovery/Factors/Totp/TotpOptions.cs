using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Factors.Totp;

/// <summary>Section <c>AccountRecovery:Totp</c> (RFC 6238).</summary>
public sealed class TotpOptions : IValidatableObject
{
    /// <summary>The hash of new authenticators. Default SHA-1, which every app takes.</summary>
    public TotpAlgorithm Algorithm { get; set; } = TotpAlgorithm.Sha1;

    /// <summary>How long the codes of new authenticators are: 6 (default) or 8.</summary>
    public int Digits { get; set; } = 6;

    /// <summary>Whether the code of the next time step is taken too, for clocks that run fast. Default false.</summary>
    public bool AcceptsNextStep { get; set; }

    /// <summary>What authenticator apps show above the account. Default: the host's name.</summary>
    public string? Issuer { get; set; }

    /// <summary>How many authenticators an account may have. Default 5; 1 to 20.</summary>
    public int MaxAuthenticators { get; set; } = 5;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Algorithm))
        {
            yield return Problem(nameof(Algorithm), "Sha1 or Sha256", Algorithm);
        }

        if (Digits is not (6 or 8))
        {
            yield return Problem(nameof(Digits), "6 or 8", Digits);
        }

        if (MaxAuthenticators is < 1 or > 20)
        {
            yield return Problem(nameof(MaxAuthenticators), "from 1 to 20", MaxAuthenticators);
        }
    }

    private static ValidationResult Problem(string name, string expected, object actual) =>
        new($"AccountRecovery:Totp:{name} must be {expected}, but was {actual}.", [name]);
}
