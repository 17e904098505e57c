using System.ComponentModel.DataAnnotations;
using IdP.Recovery.Console;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors;

/// <summary>Section <c>AccountRecovery:Mfa</c>: who must have a second factor.</summary>
public sealed class MfaOptions : IValidatableObject
{
    /// <summary>Who must. Default: administrators.</summary>
    public MfaRequirement RequiredFor { get; set; } = MfaRequirement.Administrators;

    /// <summary>Roles whose members must as well. Default: none.</summary>
    public IList<string> Groups { get; } = [];

    /// <summary>How long a browser is remembered where a person asks for it. Default 30 days; zero for never; at most 365 days.</summary>
    public TimeSpan RememberBrowserFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Whether administrators may have browsers remembered too. Default false: a password alone opens no console.</summary>
    public bool RememberAdministrators { get; set; }

    /// <summary>How long a proof of oneself counts as fresh, for changes of factors. Default 5 minutes; 1 to 5 minutes.</summary>
    public TimeSpan FreshProof { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Wrong proofs that void a reset request or an unlock link. Default 5; 1 to 10.</summary>
    public int ProofsPerRequest { get; set; } = 5;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(RequiredFor))
        {
            yield return Problem(nameof(RequiredFor), "Nobody, Administrators or Everybody", RequiredFor);
        }

        if (RememberBrowserFor < TimeSpan.Zero || RememberBrowserFor > TimeSpan.FromDays(365))
        {
            yield return Problem(nameof(RememberBrowserFor), "from 0 to 365 days", RememberBrowserFor);
        }

        if (FreshProof < TimeSpan.FromMinutes(1) || FreshProof > TimeSpan.FromMinutes(5))
        {
            yield return Problem(nameof(FreshProof), "from 1 to 5 minutes", FreshProof);
        }

        if (ProofsPerRequest is < 1 or > 10)
        {
            yield return Problem(nameof(ProofsPerRequest), "from 1 to 10", ProofsPerRequest);
        }
    }

    private static ValidationResult Problem(string name, string expected, object actual) =>
        new($"AccountRecovery:Mfa:{name} must be {expected}, but was {actual}.", [name]);
}

/// <summary>Who must have a second factor, whatever their groups.</summary>
public enum MfaRequirement
{
    /// <summary>Nobody but the members of the named groups.</summary>
    Nobody,

    /// <summary>Accounts in the role <c>Administrator</c>.</summary>
    Administrators,

    /// <summary>Every account.</summary>
    Everybody,
}

/// <summary>Who must have a second factor, as a rule.</summary>
/// <param name="RequiredFor">Who must.</param>
/// <param name="Groups">Roles whose members must as well.</param>
public sealed record MfaRule(MfaRequirement RequiredFor, IReadOnlyList<string> Groups)
{
    internal bool Everybody => RequiredFor == MfaRequirement.Everybody;

    /// <summary>The roles whose members must, where not everybody must.</summary>
    internal IReadOnlyList<string> Asked =>
        RequiredFor == MfaRequirement.Administrators ? [.. ConsoleRoles.All, .. Groups] : Groups;
}

/// <summary>Who must have a second factor.</summary>
public sealed class MfaPolicy(IOptions<MfaOptions> options)
{
    private readonly MfaOptions options = options.Value;

    /// <summary>Whether an account must.</summary>
    public bool Requires(RecoverableAccount account) =>
        options.RequiredFor switch
        {
            MfaRequirement.Everybody => true,
            MfaRequirement.Administrators => account.Audience == Audience.Administrator || IsInGroup(account),
            _ => IsInGroup(account),
        };

    /// <summary>The rule that holds.</summary>
    public MfaRule Rule => new(options.RequiredFor, [.. options.Groups]);

    private bool IsInGroup(RecoverableAccount account) =>
        account.Roles.Any(role => options.Groups.Contains(role, StringComparer.Ordinal));
}
