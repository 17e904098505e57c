using System.Globalization;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>The dialog 'Reset MFA on Users': a page of its own, which script shows in place.</summary>
[Needs(ConsoleAction.ResetMfa)]
[FreshProof]
internal sealed class ResetMfaModel(
    ResetMfa reset,
    ResetMfaOfMany many,
    PreviewMfaReset preview,
    IAccountDirectory directory,
    IOptions<EnrollmentOptions> enrollment,
    IOptions<MfaResetOptions> options,
    TimeProvider time,
    IStringLocalizer<Text> text
) : ChosenPage(directory, time)
{
    /// <summary>The period in days; empty for none.</summary>
    [BindProperty]
    public string? Days { get; set; }

    /// <summary>Over how many further days the deadlines are spread.</summary>
    [BindProperty]
    public string? Spread { get; set; }

    [BindProperty]
    public bool Totp { get; set; }

    [BindProperty]
    public bool Passkeys { get; set; }

    [BindProperty]
    public bool RecoveryCodes { get; set; }

    /// <summary>Whether only the preview was asked for.</summary>
    [BindProperty]
    public bool Preview { get; set; }

    /// <summary>Of whom the page has told what would happen, as <see cref="ChosenPage.Fingerprint"/>.</summary>
    [BindProperty]
    public string? Seen { get; set; }

    // To look at more people takes longer than anybody waits for a dialog.
    private const int SeenAtOnce = 1_000;

    /// <summary>What it would do; null where it was not asked for and takes long to tell.</summary>
    public MfaResetPreview? Would { get; private set; }

    public bool IsMany => Ids.Count > 1;

    /// <summary>Whether what it would do is told anew with each change of the form.</summary>
    public bool PreviewsAsTyped => Ids.Count <= SeenAtOnce;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Days = enrollment.Value.DefaultDays.ToString(CultureInfo.InvariantCulture);
        Totp = Passkeys = RecoveryCodes = true;
        return await ShowAsync(cancellationToken);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        var order = Read(out var spread);
        if (Preview || order is null)
        {
            var shown = await ShowAsync(cancellationToken);
            return ModelState.IsValid ? shown : this.Again();
        }

        if (!await LoadAsync(options.Value.MaxPeople, cancellationToken))
        {
            return this.Again();
        }

        if ((IsMany || Query.All) && Seen != Fingerprint)
        {
            // Nobody is reset whom nobody has looked at.
            await ShowAsync(cancellationToken);
            var now = Ids.Count.ToString("N0", CultureInfo.CurrentCulture);
            ModelState.AddModelError("", text["ResetMfa.OthersNow", now]);
            return this.Again();
        }

        return IsMany
            ? await ResetManyAsync(order, spread, cancellationToken)
            : await ResetOneAsync(order, cancellationToken);
    }

    private async Task<IActionResult> ResetOneAsync(MfaResetOrder order, CancellationToken cancellationToken)
    {
        var result = await reset.RunAsync(Me, Ids[0], order, HttpContext.Requester(), cancellationToken);
        switch (result)
        {
            case MfaResetResult.Done(var account, _):
                return Leave(text["ResetMfa.Done", account.DisplayName ?? account.Email]);
            case MfaResetResult.WaitsForApproval(var account):
                return Leave(text["ResetMfa.Waits", account.DisplayName ?? account.Email]);
            case MfaResetResult.Refused(var reason):
                ModelState.AddModelError("", text[$"ResetMfa.Refused.{reason}"]);
                break;
            case MfaResetResult.Changed:
                ModelState.AddModelError("", text["ResetMfa.Changed"]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        await ShowAsync(cancellationToken);
        return this.Again();
    }

    private async Task<IActionResult> ResetManyAsync(
        MfaResetOrder order,
        int spread,
        CancellationToken cancellationToken
    )
    {
        var started = await many.StartAsync(Me, Ids, order, spread, HttpContext.Requester(), cancellationToken);
        switch (started)
        {
            case StartedBatch.Started(var id, var total):
                return Leave(
                    text["Batch.DidStart", total.ToString("N0", CultureInfo.CurrentCulture)],
                    $"/admin/users/batches/{id}"
                );
            case StartedBatch.SpreadTooLong:
                ModelState.AddModelError(nameof(Spread), text["ResetMfa.SpreadTooLong"]);
                break;
            case StartedBatch.WrongNumber(var max):
                ModelState.AddModelError("", text["ResetMfa.TooMany", max]);
                break;
            default:
                ModelState.AddModelError("", text["ResetMfa.Refused.NotAllowed"]);
                break;
        }

        await ShowAsync(cancellationToken);
        return this.Again();
    }

    private async Task<IActionResult> ShowAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(options.Value.MaxPeople, cancellationToken);
        if (Preview || PreviewsAsTyped)
        {
            Would = await preview.RunAsync(Me, Ids, PeriodOf(Days), SpreadOf(Spread) ?? 0, cancellationToken);
        }

        return Page();
    }

    // Null where something is missing or out of range, which the page then says.
    private MfaResetOrder? Read(out int spread)
    {
        var period = PeriodOf(Days);
        if (period is null && !string.IsNullOrWhiteSpace(Days))
        {
            ModelState.AddModelError(nameof(Days), text["ResetMfa.BadDays"]);
        }

        spread = SpreadOf(Spread) ?? 0;
        if (SpreadOf(Spread) is null)
        {
            ModelState.AddModelError(nameof(Spread), text["ResetMfa.BadSpread"]);
        }

        var factors =
            (Totp ? ResetFactors.Totp : ResetFactors.None)
            | (Passkeys ? ResetFactors.Passkeys : ResetFactors.None)
            | (RecoveryCodes ? ResetFactors.RecoveryCodes : ResetFactors.None);
        if (factors == ResetFactors.None)
        {
            ModelState.AddModelError(nameof(Totp), text["ResetMfa.NoFactors"]);
        }

        var why = MfaResetOrder.CleanWhy(Why);
        if (why is null)
        {
            if (!Preview)
            {
                ModelState.AddModelError(nameof(Why), text["ResetMfa.BadWhy"]);
            }

            return null;
        }

        return ModelState.IsValid ? new(factors, period, why) : null;
    }

    private static EnrollmentPeriod? PeriodOf(string? days) =>
        int.TryParse(days?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? EnrollmentPeriod.Of(number)
            : null;

    private static int? SpreadOf(string? days) =>
        string.IsNullOrWhiteSpace(days) ? 0
        : int.TryParse(days.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= EnrollmentPeriod.MaxDays
            ? number
        : null;
}
