using System.ComponentModel.DataAnnotations;
using IdP.Recovery.Console;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Section <c>AccountRecovery:Roles</c>: what the host calls the roles that open the console.</summary>
public sealed class RoleOptions : IValidatableObject
{
    /// <summary>Who does everything. Default <c>Administrator</c>.</summary>
    [Required(ErrorMessage = "AccountRecovery:Roles:Administrator must be set.")]
    [StringLength(256, ErrorMessage = "AccountRecovery:Roles:Administrator must have at most 256 characters.")]
    public string Administrator { get; set; } = ConsoleRoles.Administrator;

    /// <summary>Who unlocks, sends resets and resets the MFA of people. Default <c>HelpDesk</c>.</summary>
    [Required(ErrorMessage = "AccountRecovery:Roles:HelpDesk must be set.")]
    [StringLength(256, ErrorMessage = "AccountRecovery:Roles:HelpDesk must have at most 256 characters.")]
    public string HelpDesk { get; set; } = ConsoleRoles.HelpDesk;

    /// <summary>Who reads. Default <c>Auditor</c>.</summary>
    [Required(ErrorMessage = "AccountRecovery:Roles:Auditor must be set.")]
    [StringLength(256, ErrorMessage = "AccountRecovery:Roles:Auditor must have at most 256 characters.")]
    public string Auditor { get; set; } = ConsoleRoles.Auditor;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        new[] { Administrator, HelpDesk, Auditor }.Distinct(StringComparer.OrdinalIgnoreCase).Count() == 3
            ? []
            : [new("AccountRecovery:Roles must name three different roles.")];
}

/// <summary>The console's roles under the host's names for them.</summary>
public sealed class RoleNames
{
    private readonly Dictionary<string, string> ofHost;

    /// <summary>Made by the container.</summary>
    public RoleNames(IOptions<RoleOptions> options)
    {
        var names = options.Value;
        ofHost = new(StringComparer.Ordinal)
        {
            [ConsoleRoles.Administrator] = names.Administrator,
            [ConsoleRoles.HelpDesk] = names.HelpDesk,
            [ConsoleRoles.Auditor] = names.Auditor,
        };
    }

    /// <summary>The host's names of those that open the console.</summary>
    public IReadOnlyCollection<string> All => ofHost.Values;

    /// <summary>The host's name of one of <see cref="ConsoleRoles"/>; any other role is called the same.</summary>
    public string OfHost(string role) => ofHost.GetValueOrDefault(role, role);

    /// <inheritdoc cref="OfHost(string)"/>
    internal IReadOnlyList<string> OfHost(IEnumerable<string> roles) => [.. roles.Select(OfHost).Distinct()];

    /// <summary>
    /// What an account's roles mean here: those of the host, and for those that open the console their names in
    /// <see cref="ConsoleRoles"/>, which no other role of the host has.
    /// </summary>
    internal List<string> Read(IEnumerable<string?> names)
    {
        var had = names.OfType<string>().ToHashSet(StringComparer.Ordinal);
        var opened = ofHost.Where(r => had.Contains(r.Value)).Select(r => r.Key);
        return [.. had.Where(name => !ofHost.ContainsKey(name)).Union(opened)];
    }
}

/// <summary>Which roles there are and who is in them, for queries that know nothing of Identity's types.</summary>
internal interface IRoleMembers
{
    /// <summary>The names of the host's roles; none where it has none yet, or keeps none.</summary>
    Task<List<string>> RolesAsync(CancellationToken cancellationToken);

    /// <summary>The ids of the accounts in any of some roles.</summary>
    /// <param name="roles">Their names in the host.</param>
    IQueryable<string> In(IQueryable<string?> roles);
}
