using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>Unlocks, sends resets, extends, suspends or activates whoever was chosen, once the question is answered.</summary>
[Needs(ConsoleAction.ReadUsers)]
[FreshProof]
internal sealed partial class ActModel(
    UnlockAccount unlock,
    SendResetFor sendReset,
    SetEnrollmentPeriod extend,
    SuspendAccount suspend,
    IAccountDirectory directory,
    IOptions<EnrollmentOptions> enrollment,
    TimeProvider time,
    IStringLocalizer<Text> text,
    ILogger<ActModel> logger
) : ChosenPage(directory, time)
{
    /// <summary>More are done by a file or over the API, not while a page waits.</summary>
    private const int Most = 1_000;

    // What is taken back travels in a cookie.
    private const int MostToUndo = 30;

    // How many cannot sign in with their present password, unlocked or not.
    private int resetRequired;

    /// <summary>What is done: the name of a <see cref="PersonAction"/>.</summary>
    [BindProperty(SupportsGet = true)]
    public string What { get; set; } = "";

    /// <summary>The period in days.</summary>
    [BindProperty]
    public string? Days { get; set; }

    /// <summary>Whether an account that its owner has closed is opened without a new password.</summary>
    [BindProperty]
    public bool Reopen { get; set; }

    /// <summary>Whether that is offered: to administrators, for one person.</summary>
    public bool AsksReopen =>
        What == "unlock"
        && Ids.Count == 1
        && People is [{ ClosedUntilReset: true } one]
        && ConsolePermissions.May(Me.Roles, ConsoleAction.Suspend, one);

    public bool AsksDays => What == "extend";

    public bool AsksWhy => What is "suspend" or "extend" or "send-reset" or "activate" or "unlock";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (!MayAct)
        {
            return StatusCode(StatusCodes.Status403Forbidden);
        }

        Days = enrollment.Value.DefaultDays.ToString(CultureInfo.InvariantCulture);
        await LoadAsync(Most, cancellationToken);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!MayAct)
        {
            return StatusCode(StatusCodes.Status403Forbidden);
        }

        var period = int.TryParse(Days?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            ? EnrollmentPeriod.Of(days)
            : null;
        if (AsksDays && period is null)
        {
            ModelState.AddModelError(nameof(Days), text["Users.BadDays"]);
        }

        var why = MfaResetOrder.CleanWhy(Why);
        if (why is null && (What == "suspend" || !string.IsNullOrWhiteSpace(Why)))
        {
            ModelState.AddModelError(nameof(Why), text["ResetMfa.BadWhy"]);
        }

        if (!await LoadAsync(Most, cancellationToken) || !ModelState.IsValid)
        {
            return this.Again();
        }

        if (Reopen && AsksReopen && why is null)
        {
            ModelState.AddModelError(nameof(Why), text["Users.ReopenWhy"]);
            return this.Again();
        }

        // What has begun is done to all of them, also when nobody waits for the answer any more.
        cancellationToken = CancellationToken.None;
        var done = new List<string>();
        foreach (var id in Ids)
        {
            try
            {
                if (await DoAsync(id, period, why, cancellationToken))
                {
                    done.Add(id);
                }
            }
            catch (Exception exception) when (Ids.Count > 1)
            {
                // One who cannot be done does not keep the others from their turn, and counts as left out.
                DidNot(logger, What, id, exception);
            }
        }

        if (done.Count == 0)
        {
            ModelState.AddModelError("", WithResets(text[$"Users.None.{What}"]));
            return this.Again();
        }

        return Leave(
            WithResets(
                Ids.Count + Missing == 1
                    ? text[$"Users.Did.{What}", People[0].DisplayName ?? People[0].Email]
                    : text[$"Users.DidMany.{What}", done.Count, Ids.Count + Missing - done.Count]
            ),
            undo: UndoOf(done)
        );
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Action} of account {AccountId} failed")]
    private static partial void DidNot(ILogger logger, string action, string accountId, Exception exception);

    private string WithResets(string sentence) =>
        resetRequired switch
        {
            0 => sentence,
            1 when Ids.Count == 1 => $"{sentence} {text["Users.ResetRequired"]}",
            _ => $"{sentence} {text["Users.ResetRequiredMany", resetRequired]}",
        };

    // An activation needs no reason and is undone by one press; a suspension needs one, and asks.
    private Undo? UndoOf(List<string> done)
    {
        if (done.Count > MostToUndo)
        {
            return null;
        }

        return What switch
        {
            "suspend" => new(UserQuery.ActingOn(done, "activate", Back), Asks: false),
            "activate" => new(UserQuery.ActingOn(done, "suspend", Back), Asks: true),
            _ => null,
        };
    }

    private bool MayAct =>
        PersonAction.All.Any(a =>
            a.Name == What && a.Name != PersonAction.ResetMfa && ConsolePermissions.May(Me.Roles, a.Permission)
        );

    private async Task<bool> DoAsync(
        string id,
        EnrollmentPeriod? period,
        string? why,
        CancellationToken cancellationToken
    )
    {
        var requester = HttpContext.Requester();
        return What switch
        {
            "unlock" => await UnlockAsync(id, why, requester, cancellationToken),
            "send-reset" => await sendReset.RunAsync(Me, id, why, requester, cancellationToken),
            "extend" => await extend.RunAsync(Me, id, period!.Value, why, requester, cancellationToken)
                is EnrollmentPeriodSet.Done,
            "suspend" => await suspend.SuspendAsync(Me, id, why, requester, cancellationToken) is SuspensionResult.Done,
            "activate" => await suspend.ActivateAsync(Me, id, why, requester, cancellationToken)
                is SuspensionResult.Done,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<bool> UnlockAsync(
        string id,
        string? why,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (Reopen && AsksReopen)
        {
            return await unlock.ReopenAsync(Me, id, why!, requester, cancellationToken);
        }

        var done = await unlock.ByAdministratorAsync(Me, id, why, requester, cancellationToken);
        resetRequired += done.ResetRequired ? 1 : 0;
        return done.Unlocked;
    }
}
