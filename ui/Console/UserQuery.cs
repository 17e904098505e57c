using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Http;

namespace IdP.UI.Console;

/// <summary>
/// The filter of the list of users, and who of it is chosen, as they stand in the address: so a view can be shared, and a
/// page that acts on people knows them after a reload. Somebody is chosen by a box <c>id-ACCOUNT=1</c> or in the list
/// <c>ids=ACCOUNT.ACCOUNT</c>, everybody who matches by <c>all=1</c>. What is out of shape filters nothing.
/// </summary>
internal sealed class UserQuery
{
    /// <summary>
    /// The most people that can be chosen one by one. At 23 characters each they fit into a value of an address
    /// (<see cref="Input.StrictInputFilter"/>), also where that address is itself a value, as at <c>/account/prove</c>.
    /// </summary>
    public const int MaxChosen = 150;

    private const string Chosen = "id-";
    private const string ManyChosen = "ids";
    private const char Separator = '.';

    // Room that the chosen leave in that value, for an address that is encoded twice more.
    private const int LongestReturn = 200;

    private UserQuery(IQueryCollection query, DateTimeOffset now)
    {
        Search = Text(query, "q");
        Mfa = Enum.TryParse<MfaStatusFilter>(Text(query, "mfa"), out var mfa) ? mfa : null;
        State = Text(query, "state");
        Audience = Enum.TryParse<Audience>(Text(query, "audience"), out var audience) ? audience : null;
        Group = Text(query, "group");
        Idle =
            int.TryParse(Text(query, "idle"), NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            && days is > 0 and <= 3650
                ? days
                : null;
        Ending =
            int.TryParse(Text(query, "ending"), NumberStyles.None, CultureInfo.InvariantCulture, out var within)
            && within is > 0 and <= 365
                ? within
                : null;
        Order = Enum.TryParse<AccountOrder>(Text(query, "sort"), out var order) ? order : AccountOrder.Email;
        After = Text(query, "after");
        Columns = UserColumns.Read(query["cols"]);
        All = Text(query, "all") is not null;
        Ids =
        [
            .. query
                .Keys.Where(k => k.StartsWith(Chosen, StringComparison.Ordinal))
                .Select(k => k[Chosen.Length..])
                .Concat(query[ManyChosen].ToString().Split(Separator))
                .Where(id => id.Length > 0)
                .Select(ShortId.Expand)
                .Distinct(StringComparer.Ordinal),
        ];
        since = Idle is { } idle ? now.AddDays(-idle) : null;
        endsBy = Ending is { } ending ? now.AddDays(ending) : null;
    }

    private readonly DateTimeOffset? since;
    private readonly DateTimeOffset? endsBy;

    public string? Search { get; }

    public MfaStatusFilter? Mfa { get; }

    /// <summary><c>locked</c>, <c>suspended</c> or <c>active</c>.</summary>
    public string? State { get; }

    public Audience? Audience { get; }

    public string? Group { get; }

    /// <summary>Not signed in for so many days.</summary>
    public int? Idle { get; }

    /// <summary>Whose enrollment period ends within so many days.</summary>
    public int? Ending { get; }

    public AccountOrder Order { get; }

    public string? After { get; }

    /// <summary>What the list tells of each person, beside the name.</summary>
    public IReadOnlyList<UserColumn> Columns { get; }

    public bool All { get; }

    public IReadOnlyList<string> Ids { get; }

    public AccountFilter Filter =>
        new()
        {
            Search = Search,
            Mfa = Mfa,
            Locked =
                State == "locked" ? true
                : State == "active" ? false
                : null,
            Suspended =
                State == "suspended" ? true
                : State == "active" ? false
                : null,
            Audience = Audience,
            Group = Group,
            NotSignedInSince = since,
            EnrollmentEndsBy = endsBy,
        };

    public static UserQuery Of(HttpRequest request, TimeProvider time) => new(request.Query, time.GetUtcNow());

    /// <summary>The name of the field by which somebody is chosen.</summary>
    public static string FieldOf(string accountId) => Chosen + ShortId.Of(accountId);

    /// <summary>The page that does something to some people, and where it goes back to.</summary>
    public static string ActingOn(IEnumerable<string> ids, string action, string? returnUrl) =>
        "/admin/users/"
        + action
        + QueryString.Create([new(ManyChosen, string.Join(Separator, ids.Select(ShortId.Of))), .. ReturnTo(returnUrl)]);

    /// <summary>The parts of the filter that are set.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Parts =>
        new Dictionary<string, string?>
        {
            ["q"] = Search,
            ["mfa"] = Mfa?.ToString(),
            ["state"] = State,
            ["audience"] = Audience?.ToString(),
            ["group"] = Group,
            ["idle"] = Idle?.ToString(CultureInfo.InvariantCulture),
            ["ending"] = Ending?.ToString(CultureInfo.InvariantCulture),
            ["sort"] = Order == AccountOrder.Email ? null : Order.ToString(),
            ["cols"] = UserColumns.Write(Columns),
        }.Where(p => p.Value is not null);

    /// <summary>The list's address with one part changed; null takes the part away. Paging begins anew.</summary>
    public string ListWith(string name, string? value) =>
        "/admin/users"
        + QueryString.Create(
            Parts.Where(p => p.Key != name).Append(new(name, value)).Where(p => !string.IsNullOrEmpty(p.Value))
        );

    /// <summary>The list without the choice.</summary>
    public string List => ListWith("after", null);

    /// <summary>This page of the list, or its first where that address is too long to be handed on; null where both are.</summary>
    public string? Here =>
        new[] { ListWith("after", After), List }.FirstOrDefault(url =>
            Uri.EscapeDataString(url).Length <= LongestReturn
        );

    /// <summary>A page that acts on whoever is chosen, and where it goes back to.</summary>
    public string Acting(string path, string? returnUrl) =>
        path + QueryString.Create([.. Choice, .. ReturnTo(returnUrl)]);

    private IEnumerable<KeyValuePair<string, string?>> Choice =>
        All ? Parts.Append(new("all", "1"))
        : Ids.Count == 0 ? []
        : [new(ManyChosen, string.Join(Separator, Ids.Take(MaxChosen).Select(ShortId.Of)))];

    private static IEnumerable<KeyValuePair<string, string?>> ReturnTo(string? url) =>
        url is null ? [] : [new("ReturnUrl", url)];

    private static string? Text(IQueryCollection query, string name) =>
        query[name].ToString().Trim() is { Length: > 0 and <= EmailAddress.MaxLength } text ? text : null;
}
