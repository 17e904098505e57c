using System.Buffers.Text;
using System.Globalization;
using System.Text;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Admin;

/// <summary>What the policies are and do, in sentences; and a dry run of who must have a second factor.</summary>
[Needs(ConsoleAction.ReadSystem)]
internal sealed class PoliciesModel(
    PreviewPolicy preview,
    PreviewLimits limits,
    PasswordPolicy passwordPolicy,
    MfaPolicy policy,
    IAccountDirectory directory,
    IOptions<MfaOptions> mfa,
    IOptions<EnrollmentOptions> enrollment,
    IOptions<LockoutOptions> lockout,
    IOptions<PasswordResetOptions> reset,
    IOptions<AdministratorResetOptions> administrators,
    IOptions<MfaResetOptions> mfaReset,
    IOptions<PasswordPolicyOptions> passwords,
    IStringLocalizer<Text> text
) : PageModel
{
    /// <summary>Who would have to have a second factor: a <see cref="MfaRequirement"/>.</summary>
    [BindProperty(SupportsGet = true)]
    public string? For { get; set; }

    // A field for each, since no field may be given twice.
    private const string GroupField = "group-";

    /// <summary>The period that each would get, in days; 0 for none.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Days { get; set; }

    /// <summary>Failures in a row that would lock.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Failures { get; set; }

    /// <summary>Requests for one address that would be let through within <see cref="Minutes"/>.</summary>
    [BindProperty(SupportsGet = true)]
    public string? PerAddress { get; set; }

    /// <summary>And from one client.</summary>
    [BindProperty(SupportsGet = true)]
    public string? PerNetwork { get; set; }

    /// <summary>The window of both, in minutes.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Minutes { get; set; }

    /// <summary>A password that is judged, and neither kept nor sent back.</summary>
    [BindProperty]
    public string? Example { get; set; }

    /// <summary>What other locks would have done, and what the rule in force would; null until asked for.</summary>
    public (LockoutPreview Tried, LockoutPreview InForce)? Lockouts { get; private set; }

    /// <summary>What other limits would have done, and what those in force would; null until asked for.</summary>
    public (ResetLimitPreview Tried, ResetLimitPreview InForce)? Resets { get; private set; }

    /// <summary>What was said of the example; null until asked for.</summary>
    public string? Judged { get; private set; }

    /// <summary>The dry run; null until one is asked for.</summary>
    public PolicyPreview? Preview { get; private set; }

    public MfaRequirement Chosen { get; private set; }

    public IReadOnlyList<string> Groups { get; private set; } = [];

    /// <summary>The groups whose members would have to as well.</summary>
    public IReadOnlyList<string> ChosenGroups { get; private set; } = [];

    /// <summary>The name of a group's field.</summary>
    public static string FieldOf(string group) => GroupField + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(group));

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Groups = await directory.GroupsAsync(cancellationToken);
        Chosen = policy.Rule.RequiredFor;
        await TryLimitsAsync(cancellationToken);
        BeginWithTheRulesInForce();
        if (For is null)
        {
            ChosenGroups = policy.Rule.Groups;
            Days = Text(enrollment.Value.PolicyDays);
            return ModelState.IsValid ? Page() : this.Again();
        }

        ChosenGroups = [.. Groups.Where(g => Request.Query.ContainsKey(FieldOf(g)))];
        if (!Enum.TryParse<MfaRequirement>(For, out var chosen) || !Enum.IsDefined(chosen))
        {
            ModelState.AddModelError(nameof(For), text["Policies.BadFor"]);
        }

        var isNumber = int.TryParse(Days, NumberStyles.None, CultureInfo.InvariantCulture, out var days);
        var period = EnrollmentPeriod.Of(days);
        if (!isNumber || (period is null && days != 0))
        {
            ModelState.AddModelError(nameof(Days), text["Policies.BadDays"]);
        }

        if (!ModelState.IsValid)
        {
            return this.Again();
        }

        Chosen = chosen;
        Preview = await preview.RunAsync(new MfaRule(chosen, ChosenGroups), period, cancellationToken);
        return Page();
    }

    /// <summary>Says what the rules make of a password, for somebody without a name.</summary>
    public async Task<IActionResult> OnPostPasswordAsync(CancellationToken cancellationToken)
    {
        For = null;
        await OnGetAsync(cancellationToken);
        var verdict = passwordPolicy.Judge(Example ?? "", new PasswordOwner("", null, HasSecondFactor: false));
        Judged = verdict is PasswordVerdict.Accepted ? text["Policies.Passwords.Accepted"] : text.Describe(verdict);
        return Page();
    }

    private async Task TryLimitsAsync(CancellationToken cancellationToken)
    {
        if (Failures is not null && Number(nameof(Failures), Failures, 3, 100) is { } failures)
        {
            Lockouts = (
                await limits.LockoutAsync(failures, cancellationToken),
                await limits.LockoutAsync(lockout.Value.Failures, cancellationToken)
            );
        }

        if (
            PerAddress is not null
            && Number(nameof(PerAddress), PerAddress, 1, 1_000) is { } perAddress
            && Number(nameof(PerNetwork), PerNetwork, 1, 100_000) is { } perNetwork
            && Number(nameof(Minutes), Minutes, 1, 1_440) is { } minutes
        )
        {
            Resets = (
                await limits.ResetsAsync(perAddress, perNetwork, TimeSpan.FromMinutes(minutes), cancellationToken),
                await limits.ResetsAsync(
                    reset.Value.RequestsPerAddress,
                    reset.Value.RequestsPerNetwork,
                    reset.Value.LimitWindow,
                    cancellationToken
                )
            );
        }
    }

    private void BeginWithTheRulesInForce()
    {
        Failures ??= Text(lockout.Value.Failures);
        PerAddress ??= Text(reset.Value.RequestsPerAddress);
        PerNetwork ??= Text(reset.Value.RequestsPerNetwork);
        Minutes ??= Text((int)reset.Value.LimitWindow.TotalMinutes);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private int? Number(string field, string? value, int least, int most)
    {
        if (
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
        {
            return number;
        }

        ModelState.AddModelError(field, text["Policies.BadNumber", least, most]);
        return null;
    }

    /// <summary>Each policy: the name of its section, and what it does.</summary>
    public IEnumerable<(string Name, string[] Sentences)> Sentences()
    {
        yield return (
            "Mfa",
            [
                text[$"Policies.Mfa.{mfa.Value.RequiredFor}"],
                mfa.Value.Groups.Count > 0
                    ? text["Policies.Mfa.Groups", string.Join(", ", mfa.Value.Groups)]
                    : text["Policies.Mfa.NoGroups"],
                text["Policies.Mfa.Remember", Long(mfa.Value.RememberBrowserFor)],
            ]
        );
        yield return (
            "Enrollment",
            [
                enrollment.Value.PolicyDays == 0
                    ? text["Policies.Enrollment.Now"]
                    : text["Policies.Enrollment.Days", enrollment.Value.PolicyDays],
                text["Policies.Enrollment.Offered", enrollment.Value.DefaultDays],
            ]
        );
        yield return (
            "Lockout",
            [
                text[
                    "Policies.Lockout.Tries",
                    lockout.Value.Failures,
                    Long(lockout.Value.Duration),
                    Long(lockout.Value.LongestDuration)
                ],
                text["Policies.Lockout.Ever", lockout.Value.FailuresEver],
            ]
        );
        yield return (
            "Reset",
            [
                text[
                    "Policies.Reset.Links",
                    Long(reset.Value.UserLinkLifetime),
                    Long(reset.Value.AdministratorLinkLifetime)
                ],
                text[
                    "Policies.Reset.Limits",
                    reset.Value.RequestsPerAddress,
                    reset.Value.RequestsPerNetwork,
                    Long(reset.Value.LimitWindow)
                ],
                text[$"Policies.Reset.Proof.{administrators.Value.Proof}"],
            ]
        );
        yield return ("MfaReset", [text[$"Policies.MfaReset.{mfaReset.Value.Approval}"]]);
        yield return (
            "Passwords",
            [
                text[
                    "Policies.Passwords.Length",
                    passwords.Value.MinimumLength,
                    passwords.Value.MinimumLengthWithMfa,
                    passwords.Value.MaximumLength
                ],
                text["Policies.Passwords.Blocklist"],
            ]
        );
    }

    private string Long(TimeSpan span) => DurationWords.Of(span, text);
}
