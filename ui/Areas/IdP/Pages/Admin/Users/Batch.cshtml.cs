using System.Globalization;
using System.Text;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.MfaReset;
using IdP.UI.Input;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Net.Http.Headers;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>Where an MFA reset of many stands: it goes on when the page is closed, and can be stopped, resumed and read.</summary>
[Needs(ConsoleAction.ReadUsers)]
internal sealed class BatchModel(ResetMfaOfMany many, IAccountNames names, IStringLocalizer<Text> text) : PageModel
{
    [BindProperty(SupportsGet = true)]
    public Guid Id { get; set; }

    public BatchProgress Progress { get; private set; } = null!;

    /// <summary>The state that a page shows which asks how far it is.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Was { get; set; }

    /// <summary>Tenths that are done; a screen reader is told of each.</summary>
    public int Tenths => Progress.Batch.Total == 0 ? 10 : (int)(10L * Progress.Done / Progress.Batch.Total);

    /// <summary>Who began it.</summary>
    public string By { get; private set; } = "";

    public bool MayChange => ConsolePermissions.May(Actor.Of(User).Roles, ConsoleAction.ResetMfa);

    /// <summary><c>Running</c>, <c>Stopped</c> or <c>Ended</c>.</summary>
    public string State => StateOf(Progress.Batch);

    public static string StateOf(MfaResetBatch batch) =>
        batch.EndedAt is not null ? "Ended"
        : batch.StoppedAt is not null ? "Stopped"
        : "Running";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await many.FindAsync(Id, cancellationToken) is not { } progress)
        {
            return NotFound();
        }

        Progress = progress;
        var by = progress.Batch.ActorId;
        By = (await names.FindAsync([by], cancellationToken)).GetValueOrDefault(by, by);
        if (Was is not null && Was != State)
        {
            // Whoever asked for the progress alone gets its buttons too, since they are others now.
            Response.Headers["HX-Retarget"] = "#batch";
            Response.Headers["HX-Reselect"] = "#batch";
        }

        return Page();
    }

    public async Task<IActionResult> OnPostStopAsync(CancellationToken cancellationToken)
    {
        if (!MayChange)
        {
            return StatusCode(StatusCodes.Status403Forbidden);
        }

        var stopped = await many.StopAsync(Actor.Of(User), Id, HttpContext.Requester(), cancellationToken);
        TempData.Tell(text[stopped ? "Batch.DidStop" : "Batch.NotRunning"]);
        return this.SeeOther(Request.Path, "/admin/users");
    }

    public async Task<IActionResult> OnPostResumeAsync(CancellationToken cancellationToken)
    {
        if (!MayChange)
        {
            return StatusCode(StatusCodes.Status403Forbidden);
        }

        // Security: threat 13. To go on is as much as to begin.
        if (await FreshProofAttribute.AskAsync(HttpContext) is { } ask)
        {
            return ask;
        }

        var resumed = await many.ResumeAsync(Actor.Of(User), Id, HttpContext.Requester(), cancellationToken);
        TempData.Tell(text[resumed ? "Batch.DidResume" : "Batch.NotStopped"]);
        return this.SeeOther(Request.Path, "/admin/users");
    }

    /// <summary>What came of each person, as a file; audited.</summary>
    public async Task<IActionResult> OnPostReportAsync(CancellationToken cancellationToken)
    {
        if (await many.FindAsync(Id, cancellationToken) is null)
        {
            return NotFound();
        }

        await many.TellOfReportAsync(Actor.Of(User), Id, HttpContext.Requester(), cancellationToken);
        Response.ContentType = "text/csv; charset=utf-8";
        Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = $"mfa-reset-{Id:n}.csv",
        }.ToString();
        var report = await many.ReportAsync(Id).ToListAsync(cancellationToken);
        await using var writer = new StreamWriter(Response.Body, new UTF8Encoding(false));
        await writer.WriteAsync(Csv.Row("id", "person", "outcome", "at", "enroll_until"));
        foreach (var chunk in report.Chunk(200))
        {
            var known = await names.FindAsync(chunk.Select(t => t.AccountId).ToHashSet(), cancellationToken);
            foreach (var target in chunk)
            {
                await writer.WriteAsync(
                    Csv.Row(
                        target.AccountId,
                        known.GetValueOrDefault(target.AccountId),
                        target.Outcome?.ToString() ?? "Waiting",
                        Time(target.DoneAt),
                        Time(target.EnrollUntil)
                    )
                );
            }
        }

        return new EmptyResult();
    }

    private static string? Time(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
