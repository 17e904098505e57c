using System.Linq.Expressions;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Console;

/// <summary>Lists Identity's users.</summary>
internal sealed partial class IdentityDirectory<TUser, TKey>(
    UnitOfWork work,
    MfaPolicy mfaPolicy,
    RoleNames roleNames,
    IdentityTables<TUser, TKey> tables,
    FactorQuery<TUser, TKey> factors,
    AccountQuery<TUser, TKey> query
) : IAccountDirectory
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    // Sorts behind everything that begins like it, byte by byte.
    private const string Last = "\U0010FFFF";

    private static readonly bool TellsMore = typeof(IRecoverableUser).IsAssignableFrom(typeof(TUser));

    public async Task<AccountPage> ListAsync(
        AccountFilter filter,
        AccountOrder order,
        string? after,
        int take,
        CancellationToken cancellationToken
    )
    {
        // One more than shown, to know whether there is another page.
        var cursor = AccountCursor.Read(after);
        var ids = await CursorsAsync(Matching(filter), order, cursor, take + 1, cancellationToken);
        if (cursor is { Back: true } && ids.Count <= take)
        {
            // The beginning is near: whoever goes back to it sees a whole page.
            cursor = null;
            ids = await CursorsAsync(Matching(filter), order, null, take + 1, cancellationToken);
        }

        var more = ids.Count > take;
        var shown = ids.Take(take).ToList();
        if (cursor is { Back: true })
        {
            shown.Reverse();
        }

        var wanted = shown.ConvertAll(i => i.Id);
        var found = await FindManyAsync(wanted, cancellationToken);
        var accounts = wanted.Select(id => found.GetValueOrDefault(id)?.Account).OfType<RecoverableAccount>().ToList();
        var next = shown.Count > 0 && (more || cursor is { Back: true }) ? shown[^1] : null;
        var previous = shown.Count > 0 && cursor is not null ? shown[0] : null;
        return new(accounts, next?.ToString(), previous is null ? null : (previous with { Back = true }).ToString());
    }

    public Task<int> CountAsync(AccountFilter filter, int limit, CancellationToken cancellationToken) =>
        Matching(filter).Select(u => u.Id).Take(limit).CountAsync(cancellationToken);

    public async Task<IReadOnlyDictionary<DateOnly, int>> CountEndsAsync(
        AccountFilter filter,
        CancellationToken cancellationToken
    ) =>
        (
            await Matching(filter)
                .Join(
                    work.Context.Set<MfaEnrollment>(),
                    u => AccountKey<TKey>.Text(u.Id),
                    e => e.AccountId,
                    (_, e) => AuditDays.Of(e.EndsAt)
                )
                .GroupBy(day => day)
                .Select(g => new { Day = g.Key, Count = g.Count() })
                .ToListAsync(cancellationToken)
        ).ToDictionary(g => DateOnly.FromDateTime(AuditDays.Start(g.Day).UtcDateTime), g => g.Count);

    public async Task<IReadOnlyList<string>> IdsAsync(
        AccountFilter filter,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await Matching(filter)
            .OrderBy(u => u.NormalizedEmail)
            .Select(u => AccountKey<TKey>.Text(u.Id))
            .Take(limit)
            .ToListAsync(cancellationToken);

    public async Task<IReadOnlyDictionary<string, RecoverableAccount>> FindAsync(
        IReadOnlyCollection<string> ids,
        CancellationToken cancellationToken
    ) =>
        (await FindManyAsync(ids, cancellationToken)).ToDictionary(
            f => f.Key,
            f => f.Value.Account,
            StringComparer.Ordinal
        );

    public async Task<IReadOnlyList<string>> GroupsAsync(CancellationToken cancellationToken) =>
        await tables.Roles.Where(r => r.Name != null).Select(r => r.Name!).Order().ToListAsync(cancellationToken);

    private DbSet<TUser> Users => tables.Users;

    private Task<Dictionary<string, AccountQuery<TUser, TKey>.Found>> FindManyAsync(
        IReadOnlyCollection<string> ids,
        CancellationToken cancellationToken
    )
    {
        var keys = AccountKey<TKey>.Parse(ids);
        return query.FindManyAsync(u => keys.Contains(u.Id), cancellationToken);
    }

    private IQueryable<TUser> Matching(AccountFilter filter)
    {
        var now = work.Now;
        var users = Users.AsNoTracking();
        if (filter.Search?.Trim() is { Length: > 0 and <= EmailAddress.MaxLength } text)
        {
            users = users.Where(Begins(text));
        }

        if (filter.Mfa is { } mfa)
        {
            var rule = filter.AsIf ?? mfaPolicy.Rule;
            if (Candidates(mfa, rule, now) is { } candidates)
            {
                users = users.Where(u => candidates.Contains(AccountKey<TKey>.Text(u.Id)));
            }

            users = users.Where(HasStatus(mfa, rule, now));
        }

        if (filter.Locked is { } locked)
        {
            var ids = work
                .Context.Set<FailureCount>()
                .Where(c => c.LockedUntil > now)
                .Select(c => c.AccountId)
                .Union(
                    Users.Where(u => LockoutEnds.IsAfter(u.LockoutEnd, now)).Select(u => AccountKey<TKey>.Text(u.Id))
                );
            users = locked
                ? users.Where(u => ids.Contains(AccountKey<TKey>.Text(u.Id)))
                : users.Where(u => !ids.Contains(AccountKey<TKey>.Text(u.Id)));
        }

        if (filter.Suspended is { } suspended && TellsMore)
        {
            users = suspended
                ? users.Where(u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)) != null)
                : users.Where(u => EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.SuspendedAt)) == null);
        }

        if (filter.Audience is { } audience)
        {
            var opening = roleNames.All;
            var ids = query.RolesOf().Where(r => opening.Contains(r.Name)).Select(r => r.UserId);
            users =
                audience == Audience.Administrator
                    ? users.Where(u => ids.Contains(u.Id))
                    : users.Where(u => !ids.Contains(u.Id));
        }

        if (filter.Group is { } group)
        {
            var ids = query.RolesOf().Where(r => r.Name == group).Select(r => r.UserId);
            users = users.Where(u => ids.Contains(u.Id));
        }

        if (filter.EnrollmentEndsBy is { } endsBy)
        {
            var ids = work
                .Context.Set<MfaEnrollment>()
                .Where(e => e.EnrolledAt == null && e.EndsAt <= endsBy)
                .Select(e => e.AccountId);
            users = users.Where(u => ids.Contains(AccountKey<TKey>.Text(u.Id)));
        }

        if (filter.NotSignedInSince is { } since && TellsMore)
        {
            users = users.Where(u =>
                EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.LastSignInAt)) == null
                || EF.Property<DateTimeOffset?>(u, nameof(IRecoverableUser.LastSignInAt)) < since
            );
        }

        return users;
    }

    // A database may know capitals of ASCII only; then other letters stand as they were typed.
    private static Expression<Func<TUser, bool>> Begins(string text)
    {
        var upper = text.ToUpperInvariant();
        var ascii = string.Create(
            text.Length,
            text,
            (span, from) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsAsciiLetterLower(from[i]) ? char.ToUpperInvariant(from[i]) : from[i];
                }
            }
        );
        var (upperEnd, asciiEnd) = (upper + Last, ascii + Last);
        const string name = nameof(IRecoverableUser.SearchName);
        const string family = nameof(IRecoverableUser.SearchFamilyName);
        return TellsMore
            ? u =>
                (string.Compare(u.NormalizedEmail, upper) >= 0 && string.Compare(u.NormalizedEmail, upperEnd) < 0)
                || (
                    string.Compare(EF.Property<string>(u, name), upper) >= 0
                    && string.Compare(EF.Property<string>(u, name), upperEnd) < 0
                )
                || (
                    string.Compare(EF.Property<string>(u, family), upper) >= 0
                    && string.Compare(EF.Property<string>(u, family), upperEnd) < 0
                )
                || (
                    string.Compare(EF.Property<string>(u, name), ascii) >= 0
                    && string.Compare(EF.Property<string>(u, name), asciiEnd) < 0
                )
                || (
                    string.Compare(EF.Property<string>(u, family), ascii) >= 0
                    && string.Compare(EF.Property<string>(u, family), asciiEnd) < 0
                )
            : u => string.Compare(u.NormalizedEmail, upper) >= 0 && string.Compare(u.NormalizedEmail, upperEnd) < 0;
    }
}
