using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Console;

/// <summary>Finds the places of a page, forwards or backwards. What has no key stands behind what has one.</summary>
internal sealed partial class IdentityDirectory<TUser, TKey>
{
    private static async Task<List<AccountCursor>> CursorsAsync(
        IQueryable<TUser> users,
        AccountOrder order,
        AccountCursor? from,
        int take,
        CancellationToken cancellationToken
    )
    {
        // By the address everybody has a key, and no two the same.
        if (order == AccountOrder.Email || !TellsMore)
        {
            return await ByEmailAsync(users, from, take, cancellationToken);
        }

        var (keyed, keyless) = order switch
        {
            AccountOrder.Name => ByName(users, from),
            AccountOrder.LastSignIn => ByTime(users, nameof(IRecoverableUser.LastSignInAt), from),
            _ => ByTime(users, nameof(IRecoverableUser.CreatedAt), from),
        };
        var page = new List<AccountCursor>();
        if (from is { Back: true })
        {
            if (from.Key is null)
            {
                page.AddRange(await WithoutKeyAsync(keyless, from, take, cancellationToken));
            }

            return await FillAsync(page, keyed, take, cancellationToken);
        }

        if (from is null or { Key: not null })
        {
            page = await FillAsync(page, keyed, take, cancellationToken);
        }

        if (page.Count < take)
        {
            var begins = from is { Key: null } ? from : null;
            page.AddRange(await WithoutKeyAsync(keyless, begins, take - page.Count, cancellationToken));
        }

        return page;
    }

    private static async Task<List<AccountCursor>> ByEmailAsync(
        IQueryable<TUser> users,
        AccountCursor? from,
        int take,
        CancellationToken cancellationToken
    )
    {
        var back = from is { Back: true };
        if (from is { Key: { } key })
        {
            users = back
                ? users.Where(u => string.Compare(u.NormalizedEmail, key) < 0)
                : users.Where(u => string.Compare(u.NormalizedEmail, key) > 0);
        }

        var found = (back ? users.OrderByDescending(u => u.NormalizedEmail) : users.OrderBy(u => u.NormalizedEmail))
            .Select(u => new { u.NormalizedEmail, Id = AccountKey<TKey>.Text(u.Id) })
            .Take(take);
        return
        [
            .. (await found.ToListAsync(cancellationToken)).Select(u => new AccountCursor(u.NormalizedEmail, u.Id)),
        ];
    }

    // In two parts, named and nameless, since databases disagree about where nothing sorts.
    private static (Func<int, IQueryable<Place>> Keyed, IQueryable<TUser> Keyless) ByName(
        IQueryable<TUser> users,
        AccountCursor? from
    )
    {
        const string name = nameof(IRecoverableUser.SearchName);
        var back = from is { Back: true };
        var named = users.Where(u => EF.Property<string?>(u, name) != null);
        if (from is { Key: { } key, Id: var id })
        {
            named = back
                ? named.Where(u =>
                    string.Compare(EF.Property<string>(u, name), key) <= 0
                    && (
                        string.Compare(EF.Property<string>(u, name), key) < 0
                        || string.Compare(AccountKey<TKey>.Text(u.Id), id) < 0
                    )
                )
                : named.Where(u =>
                    string.Compare(EF.Property<string>(u, name), key) >= 0
                    && (
                        string.Compare(EF.Property<string>(u, name), key) > 0
                        || string.Compare(AccountKey<TKey>.Text(u.Id), id) > 0
                    )
                );
        }

        var sorted = back
            ? named
                .OrderByDescending(u => EF.Property<string>(u, name))
                .ThenByDescending(u => AccountKey<TKey>.Text(u.Id))
            : named.OrderBy(u => EF.Property<string>(u, name)).ThenBy(u => AccountKey<TKey>.Text(u.Id));
        return (
            count =>
                sorted
                    .Select(u => new Place { Name = EF.Property<string>(u, name), Id = AccountKey<TKey>.Text(u.Id) })
                    .Take(count),
            users.Where(u => EF.Property<string?>(u, name) == null)
        );
    }

    private static (Func<int, IQueryable<Place>> Keyed, IQueryable<TUser> Keyless) ByTime(
        IQueryable<TUser> users,
        string column,
        AccountCursor? from
    )
    {
        var back = from is { Back: true };
        var timed = users.Where(u => EF.Property<DateTimeOffset?>(u, column) != null);
        if (from is { Key: { } key, Id: var id } && AccountCursor.ReadTime(key) is { } time)
        {
            timed = back
                ? timed.Where(u =>
                    EF.Property<DateTimeOffset?>(u, column) >= time
                    && (
                        EF.Property<DateTimeOffset?>(u, column) > time
                        || string.Compare(AccountKey<TKey>.Text(u.Id), id) > 0
                    )
                )
                : timed.Where(u =>
                    EF.Property<DateTimeOffset?>(u, column) <= time
                    && (
                        EF.Property<DateTimeOffset?>(u, column) < time
                        || string.Compare(AccountKey<TKey>.Text(u.Id), id) < 0
                    )
                );
        }

        var sorted = back
            ? timed.OrderBy(u => EF.Property<DateTimeOffset?>(u, column)).ThenBy(u => AccountKey<TKey>.Text(u.Id))
            : timed
                .OrderByDescending(u => EF.Property<DateTimeOffset?>(u, column))
                .ThenByDescending(u => AccountKey<TKey>.Text(u.Id));
        return (
            count =>
                sorted
                    .Select(u => new Place
                    {
                        Time = EF.Property<DateTimeOffset?>(u, column),
                        Id = AccountKey<TKey>.Text(u.Id),
                    })
                    .Take(count),
            users.Where(u => EF.Property<DateTimeOffset?>(u, column) == null)
        );
    }

    private static async Task<List<AccountCursor>> FillAsync(
        List<AccountCursor> page,
        Func<int, IQueryable<Place>> keyed,
        int take,
        CancellationToken cancellationToken
    )
    {
        if (page.Count < take)
        {
            page.AddRange(
                (await keyed(take - page.Count).ToListAsync(cancellationToken)).Select(p => new AccountCursor(
                    p.Name ?? AccountCursor.Write(p.Time!.Value),
                    p.Id
                ))
            );
        }

        return page;
    }

    private static async Task<IEnumerable<AccountCursor>> WithoutKeyAsync(
        IQueryable<TUser> users,
        AccountCursor? from,
        int take,
        CancellationToken cancellationToken
    )
    {
        var back = from is { Back: true };
        if (from is { Id: var id })
        {
            users = back
                ? users.Where(u => string.Compare(AccountKey<TKey>.Text(u.Id), id) < 0)
                : users.Where(u => string.Compare(AccountKey<TKey>.Text(u.Id), id) > 0);
        }

        var found = (
            back
                ? users.OrderByDescending(u => AccountKey<TKey>.Text(u.Id))
                : users.OrderBy(u => AccountKey<TKey>.Text(u.Id))
        )
            .Select(u => AccountKey<TKey>.Text(u.Id))
            .Take(take);
        return (await found.ToListAsync(cancellationToken)).Select(u => new AccountCursor(null, u));
    }

    private sealed class Place
    {
        public string? Name { get; init; }

        public DateTimeOffset? Time { get; init; }

        public required string Id { get; init; }
    }
}
