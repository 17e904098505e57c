using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;
using Microsoft.Net.Http.Headers;

namespace IdP.UI.Pages.Admin.Users;

/// <summary>People, by a filter that stands in the address and can be shared.</summary>
[Needs(ConsoleAction.ReadUsers)]
internal sealed class IndexModel(
    IAccountDirectory directory,
    ExportAccounts export,
    MfaWords mfa,
    TimeProvider time,
    IStringLocalizer<Text> text
) : PageModel
{
    private const int PageSize = 50;
    private const int CountedUpTo = 10_000;

    public UserQuery Query => UserQuery.Of(Request, time);

    public AccountPage Found { get; private set; } = new([], null);

    /// <summary>How many match, in words.</summary>
    public string Count { get; private set; } = "";

    public IReadOnlyList<string> Groups { get; private set; } = [];

    public MfaWords Mfa => mfa;

    /// <summary>By whom people are chosen: a choice is not handed on to whoever signs in next.</summary>
    public string Me => User.AccountId();

    public IReadOnlyCollection<string> Roles => Actor.Of(User).Roles;

    /// <summary>What may be done to whoever is chosen: the word in the address.</summary>
    public IEnumerable<(string What, string Icon)> Actions =>
        PersonAction.All.Where(a => ConsolePermissions.May(Roles, a.Permission)).Select(a => (a.Name, a.Icon));

    /// <summary>What stands above a column.</summary>
    public string HeadOf(UserColumn column) => text[$"Users.{column}"];

    /// <summary>The order by which a column is sorted; null where it cannot be.</summary>
    public static AccountOrder? OrderOf(UserColumn column) =>
        column switch
        {
            UserColumn.LastSignIn => AccountOrder.LastSignIn,
            UserColumn.Created => AccountOrder.Created,
            _ => null,
        };

    /// <summary>When a person's enrollment ends or has ended.</summary>
    public DateTimeOffset? EnrollUntil(RecoverableAccount account) =>
        mfa.StatusOf(account) switch
        {
            EnrollmentStatus.InEnrollment(var until) => until,
            EnrollmentStatus.EnrollmentExpired(var since) => since,
            _ => null,
        };

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var query = Query;
        Found = await directory.ListAsync(query.Filter, query.Order, query.After, PageSize, cancellationToken);
        var count = await directory.CountAsync(query.Filter, CountedUpTo + 1, cancellationToken);
        Count = count switch
        {
            1 => text["Users.CountOne"],
            > CountedUpTo => text["Users.CountMore", CountedUpTo.ToString("N0", CultureInfo.CurrentCulture)],
            _ => text["Users.Count", count.ToString("N0", CultureInfo.CurrentCulture)],
        };
        Groups = await directory.GroupsAsync(cancellationToken);
    }

    /// <summary>Everybody whom the filter takes, as a file.</summary>
    public async Task<IActionResult> OnPostExportAsync(CancellationToken cancellationToken)
    {
        Response.ContentType = "text/csv; charset=utf-8";
        Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment")
        {
            FileName = "users.csv",
        }.ToString();
        await export.RunAsync(Query.Filter, Response.Body, Actor.Of(User), HttpContext.Requester(), cancellationToken);
        return new EmptyResult();
    }

    /// <summary>The parts of the filter that are set, with their labels.</summary>
    public IEnumerable<(string Name, string Label, string Value)> Chips
    {
        get
        {
            var query = Query;
            if (query.Search is { } search)
            {
                yield return ("q", text["Users.Search"], search);
            }

            if (query.Mfa is { } status)
            {
                yield return ("mfa", text["Users.Mfa"], text[$"Users.Mfa.{status}"]);
            }

            if (query.State is { } state && text[$"Users.State.{state}"] is { ResourceNotFound: false } words)
            {
                yield return ("state", text["Users.State"], words);
            }

            if (query.Audience is { } audience)
            {
                yield return ("audience", text["Users.Audience"], text[$"Users.Audience.{audience}"]);
            }

            if (query.Group is { } group)
            {
                yield return ("group", text["Users.Group"], group);
            }

            if (query.Idle is { } idle)
            {
                yield return ("idle", text["Users.LastSignIn"], text["Users.Idle", idle]);
            }

            if (query.Ending is { } ending)
            {
                yield return ("ending", text["Users.Ending"], text["Users.EndingDays", ending]);
            }
        }
    }
}
