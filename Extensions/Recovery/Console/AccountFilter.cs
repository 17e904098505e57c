using System.Globalization;

namespace IdP.Recovery.Console;

/// <summary>Which accounts a list shows. What is null filters nothing.</summary>
public sealed record AccountFilter
{
    /// <summary>How an address, a name or a family name begins; at most 254 characters.</summary>
    public string? Search { get; init; }

    /// <summary>Where they stand with their second factor.</summary>
    public MfaStatusFilter? Mfa { get; init; }

    /// <summary>The rule by which <see cref="Mfa"/> is told, for a dry run; null for the one that holds.</summary>
    public Factors.MfaRule? AsIf { get; init; }

    /// <summary>Whether sign-in is closed by failures or by the owner.</summary>
    public bool? Locked { get; init; }

    /// <summary>Whether an administrator suspended them.</summary>
    public bool? Suspended { get; init; }

    /// <summary>Users, or people of the console.</summary>
    public Audience? Audience { get; init; }

    /// <summary>A role, which is also a group of the policy.</summary>
    public string? Group { get; init; }

    /// <summary>Only who has not signed in since then, or never.</summary>
    public DateTimeOffset? NotSignedInSince { get; init; }

    /// <summary>Only whose enrollment period ends by then, at the latest.</summary>
    public DateTimeOffset? EnrollmentEndsBy { get; init; }

    /// <summary>Such as <c>mfa=Expired&amp;group=Sales</c>, as far as it fits an event's subject.</summary>
    internal string? Describe()
    {
        var parts = new (string Name, string? Value)[]
        {
            ("search", Search),
            ("mfa", Mfa?.ToString()),
            ("locked", Locked?.ToString()),
            ("suspended", Suspended?.ToString()),
            ("audience", Audience?.ToString()),
            ("group", Group),
            ("not-since", NotSignedInSince?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            ("ends-by", EnrollmentEndsBy?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        }
            .Where(p => p.Value is not null)
            .Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}");
        var all = string.Join('&', parts);
        return all.Length == 0 ? null : all[..Math.Min(all.Length, RecoverableAccount.MaxIdLength)];
    }
}

/// <summary>The statuses of <see cref="Enrollment.EnrollmentStatus"/>, for a filter.</summary>
public enum MfaStatusFilter
{
    /// <summary>Has a second factor.</summary>
    Enrolled,

    /// <summary>May sign in without one for a while.</summary>
    InEnrollment,

    /// <summary>Had time to set one up, and has not.</summary>
    Expired,

    /// <summary>Has none, no period runs, and one is asked for.</summary>
    NotEnrolled,

    /// <summary>Has none, and none is asked for.</summary>
    NotRequired,
}

/// <summary>By what a list is sorted.</summary>
public enum AccountOrder
{
    /// <summary>The address.</summary>
    Email,

    /// <summary>The name; without one first.</summary>
    Name,

    /// <summary>The last sign-in, latest first; never last.</summary>
    LastSignIn,

    /// <summary>When the account was made, latest first.</summary>
    Created,
}

/// <summary>A page of a list.</summary>
/// <param name="Accounts">In order.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
/// <param name="Previous">Where the page before ends; null when this is the first.</param>
public sealed record AccountPage(IReadOnlyList<RecoverableAccount> Accounts, string? Next, string? Previous = null);

/// <summary>Lists the accounts of the host. Implemented beside <see cref="IAccounts"/>.</summary>
public interface IAccountDirectory
{
    /// <summary>A page of accounts by keyset: rows that come or go meanwhile neither hide nor repeat others.</summary>
    /// <param name="order">In which order.</param>
    /// <param name="after">From <see cref="AccountPage.Next"/> or <see cref="AccountPage.Previous"/>; null begins. One that is out of shape begins, too.</param>
    /// <param name="take">How many; 1 to 200.</param>
    Task<AccountPage> ListAsync(
        AccountFilter filter,
        AccountOrder order,
        string? after,
        int take,
        CancellationToken cancellationToken
    );

    /// <summary>How many there are, counted up to a limit.</summary>
    /// <param name="limit">Where counting stops.</param>
    Task<int> CountAsync(AccountFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>How many people's enrollment period ends on which day, in UTC.</summary>
    /// <param name="filter">Of whom.</param>
    Task<IReadOnlyDictionary<DateOnly, int>> CountEndsAsync(AccountFilter filter, CancellationToken cancellationToken);

    /// <summary>The ids of all that match, up to a limit.</summary>
    /// <param name="limit">Where it stops.</param>
    Task<IReadOnlyList<string>> IdsAsync(AccountFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The accounts of some ids; what is gone is left out.</summary>
    /// <param name="ids">At most 500.</param>
    Task<IReadOnlyDictionary<string, RecoverableAccount>> FindAsync(
        IReadOnlyCollection<string> ids,
        CancellationToken cancellationToken
    );

    /// <summary>The roles that are there, by name.</summary>
    Task<IReadOnlyList<string>> GroupsAsync(CancellationToken cancellationToken);
}
