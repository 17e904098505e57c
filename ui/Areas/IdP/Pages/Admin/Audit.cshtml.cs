using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Net.Http.Headers;

namespace IdP.UI.Pages.Admin;

/// <summary>What happened, by a filter that stands in the address and can be shared, and the same as a file.</summary>
[Needs(ConsoleAction.ReadAudit)]
internal sealed class AuditModel(
    SearchAudit search,
    ExportAudit export,
    IAccounts accounts,
    AuditWords words,
    IStringLocalizer<Text> text
) : PageModel
{
    private const int PageSize = 50;

    /// <summary>One of the types, or how several begin.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Type { get; set; }

    /// <summary>On whom: an address or an id.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Account { get; set; }

    /// <summary>By whom: an address, an id or <c>command-line</c>.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Actor { get; set; }

    /// <summary>The first day.</summary>
    [BindProperty(SupportsGet = true)]
    public string? From { get; set; }

    /// <summary>The last day.</summary>
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    /// <summary>A part of a reason.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Reason { get; set; }

    /// <summary>A reason of the fixed lists that they do not have.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Except { get; set; }

    /// <summary>Only what is older than this event.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Before { get; set; }

    /// <summary>Only what is newer than this event.</summary>
    [BindProperty(SupportsGet = true)]
    public string? After { get; set; }

    public AuditPage Found { get; private set; } = new([], null);

    /// <summary>Where the page is.</summary>
    public AuditPlace Place { get; private set; } = AuditPlace.Newest;

    public AuditWords Words => words;

    /// <summary>The parts of the filter that are set: the name in the address, its label and its value in words.</summary>
    public IEnumerable<(string Name, string Label, string Value)> Chips => Parts().Where(p => p.Value.Length > 0);

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await FilterAsync(cancellationToken) is not { } filter)
        {
            return this.Again();
        }

        Place = new(Id(Before), Id(After));
        Found = await search.RunAsync(filter, Place, PageSize, cancellationToken);
        if (Place.After is not null && Found.Events.Count == 0)
        {
            Place = AuditPlace.Newest;
            Found = await search.RunAsync(filter, Place, PageSize, cancellationToken);
        }

        await words.LearnAsync(
            [.. Found.Events.SelectMany(e => (string?[])[e.AccountId, e.ActorId]), filter.AccountId, filter.ActorId],
            cancellationToken
        );
        return Page();
    }

    /// <summary>A part of the filter as a person knows it: a name where an id is given.</summary>
    public string Shown(string name, string value) =>
        name switch
        {
            "account" or "actor" => words.Known(value) ?? value,
            "type" => words.TypeFilter(value),
            "except" => words.ReasonWords(value),
            _ => value,
        };

    /// <summary>Everything that the filter takes, not only this page of it.</summary>
    public async Task<IActionResult> OnPostExportAsync(string? format, CancellationToken cancellationToken)
    {
        if (await FilterAsync(cancellationToken) is not { } filter)
        {
            return this.Again();
        }

        var isTable = format == "csv";
        Response.ContentType = isTable ? "text/csv; charset=utf-8" : "application/jsonl";
        Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = isTable ? "audit.csv" : "audit.jsonl",
        }.ToString();
        await export.RunAsync(
            filter,
            isTable ? AuditFormat.Csv : AuditFormat.JsonLines,
            Response.Body,
            IdP.Recovery.Console.Actor.Of(User),
            HttpContext.Requester(),
            cancellationToken
        );
        return new EmptyResult();
    }

    /// <summary>This page's address with one part of it changed; null takes the part away. The paging begins anew.</summary>
    public string AddressWith(string name, string? value)
    {
        var query = new Dictionary<string, string?>();
        foreach (var (part, _, set) in Chips)
        {
            query[part] = set;
        }

        query[name] = value;
        return "/admin/audit"
            + Microsoft.AspNetCore.Http.QueryString.Create(query.Where(q => !string.IsNullOrEmpty(q.Value)));
    }

    private IEnumerable<(string Name, string Label, string Value)> Parts() =>
        [
            ("type", text["Audit.Type"], Type ?? ""),
            ("account", text["Audit.Account"], Account ?? ""),
            ("actor", text["Audit.Actor"], Actor ?? ""),
            ("from", text["Audit.From"], From ?? ""),
            ("to", text["Audit.To"], To ?? ""),
            ("reason", text["Audit.Text"], Reason ?? ""),
            ("except", text["Audit.Except"], Except ?? ""),
        ];

    // Null where something in it cannot be understood, which the page then says.
    private async Task<AuditFilter?> FilterAsync(CancellationToken cancellationToken)
    {
        var filter = new AuditFilter
        {
            Type = Given(Type),
            AccountId = await IdOfAsync(nameof(Account), Account, cancellationToken),
            ActorId = await IdOfAsync(nameof(Actor), Actor, cancellationToken),
            From = Day(nameof(From), From),
            To = Day(nameof(To), To)?.AddDays(1),
            Text = Given(Reason),
            ExceptReason = Given(Except),
        };
        return ModelState.IsValid ? filter : null;
    }

    private async Task<string?> IdOfAsync(string field, string? given, CancellationToken cancellationToken)
    {
        if (Given(given) is not { } person || !person.Contains('@', StringComparison.Ordinal))
        {
            return Given(given);
        }

        var address = EmailAddress.Normalize(person);
        var account = address is null ? null : await accounts.FindByAddressAsync(address, cancellationToken);
        if (account is null)
        {
            ModelState.AddModelError(field, text["Audit.UnknownPerson", person]);
        }

        return account?.Id;
    }

    private DateTimeOffset? Day(string field, string? given)
    {
        if (Given(given) is not { } day)
        {
            return null;
        }

        if (
            DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, default, out var date)
            && date < DateOnly.MaxValue
        )
        {
            return new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero);
        }

        ModelState.AddModelError(field, text["Audit.BadDay"]);
        return null;
    }

    private static Guid? Id(string? given) => Guid.TryParse(given, out var id) ? id : null;

    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
