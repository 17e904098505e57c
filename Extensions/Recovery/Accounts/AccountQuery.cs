using System.Linq.Expressions;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Reads Identity's users and all that recovery wants to know of them.</summary>
internal sealed class AccountQuery<TUser, TKey>(
    UnitOfWork work,
    HostSignIn signIn,
    RoleNames roleNames,
    IdentityTables<TUser, TKey> tables,
    FactorQuery<TUser, TKey> factors,
    IOptions<IdentityOptions> identity
)
    where TUser : IdentityUser<TKey>
    where TKey : IEquatable<TKey>
{
    // One query, whether or not there is such an account (threat 11). Of two with one address, which Identity allows, none
    // is meant.
    public async Task<Found?> FindAsync(Expression<Func<TUser, bool>> which, CancellationToken cancellationToken) =>
        await FindManyAsync(which, cancellationToken) is { Count: 1 } found ? found.Values.Single() : null;

    public async Task<Dictionary<string, Found>> FindManyAsync(
        Expression<Func<TUser, bool>> which,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var longest = LockoutEnds.Longest(now, signIn, identity.Value.Lockout);
        var enrollments = work.Context.Set<MfaEnrollment>().Where(e => e.EnrolledAt == null);
        var (apps, rotated, passkeys, codes) = (factors.Apps, factors.Rotated, factors.Passkeys, factors.Codes);
        var hostKeys = factors.HostKeys;
        var (memberships, allRoles) = (tables.UserRoles, tables.Roles);

        // One value from each table, by the account: for what is joined as a record or by way of a third table, SQLite
        // reads the table whole.
        var rows = await tables
            .Users.AsNoTracking()
            .Where(which)
            .Select(u => new
            {
                User = u,
                Roles = memberships
                    .Where(r => r.UserId.Equals(u.Id))
                    .Select(r =>
                        allRoles.Where(role => role.Id.Equals(r.RoleId)).Select(role => role.Name).FirstOrDefault()
                    )
                    .ToList(),
                LockedUntil = work
                    .Context.Set<FailureCount>()
                    .Where(c => c.AccountId == AccountKey<TKey>.Text(u.Id) && c.LockedUntil > now)
                    .OrderByDescending(c => c.LockedUntil)
                    .Select(c => c.LockedUntil)
                    .FirstOrDefault(),
                Totp = apps.Count(t => t.AccountId == AccountKey<TKey>.Text(u.Id)),
                HostKey = u.TwoFactorEnabled && hostKeys.Any(k => k.UserId.Equals(u.Id)),
                TotpRequired = rotated.Any(t => t.AccountId == AccountKey<TKey>.Text(u.Id)),
                Passkeys = passkeys.Count(p => p.UserId.Equals(u.Id)),
                Codes = codes.Count(c => c.AccountId == AccountKey<TKey>.Text(u.Id)),
                EnrollmentEndsAt = enrollments
                    .Where(e => e.AccountId == AccountKey<TKey>.Text(u.Id))
                    .Select(e => (DateTimeOffset?)e.EndsAt)
                    .FirstOrDefault(),
                EnrollmentCause = enrollments
                    .Where(e => e.AccountId == AccountKey<TKey>.Text(u.Id))
                    .Select(e => (EnrollmentCause?)e.Cause)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var hostCodes = await HostCodesAsync(
            [.. rows.Where(r => r.User.TwoFactorEnabled).Select(r => r.User.Id)],
            cancellationToken
        );
        var all = new Dictionary<string, Found>(StringComparer.Ordinal);
        foreach (var found in rows)
        {
            var user = found.User;
            var more = user as IRecoverableUser;
            var closedUntil = user.LockoutEnd > now ? user.LockoutEnd : null;
            var untilReset = closedUntil == LockoutEnds.UntilReset;
            var roles = roleNames.Read(found.Roles);
            var id = AccountKey<TKey>.Text(user.Id);
            all[id] = new(
                user,
                new(
                    id,
                    user.Email ?? "",
                    user.NormalizedEmail ?? "",
                    user.EmailConfirmed,
                    more?.DisplayName,
                    more?.Locale,
                    more?.ZoneInfo,
                    !signIn.IsOfHost && roles.Any(ConsoleRoles.All.Contains) ? Audience.Administrator : Audience.User,
                    user.PasswordHash is not null,
                    more?.SuspendedAt is not null || (!untilReset && closedUntil > longest),
                    closedUntil > (found.LockedUntil ?? DateTimeOffset.MinValue) ? closedUntil : found.LockedUntil,
                    user.SecurityStamp ?? ""
                )
                {
                    UserName = user.UserName,
                    Roles = roles,
                    Factors = new(
                        found.Totp > 0 ? found.Totp
                            : found.HostKey ? 1
                            : 0,
                        found.Passkeys,
                        found.Codes + HostTokens<TUser, TKey>.Count(hostCodes.GetValueOrDefault(user.Id)),
                        found.TotpRequired,
                        user.TwoFactorEnabled
                    ),
                    ClosedUntilReset = untilReset,
                    Enrollment = found is { EnrollmentEndsAt: { } end, EnrollmentCause: { } cause }
                        ? new(end, cause)
                        : null,
                    LastSignInAt = more?.LastSignInAt,
                    CreatedAt = more?.CreatedAt,
                }
            );
        }

        return all;
    }

    // Where this plugin signs people in, the codes that Identity keeps prove nothing.
    private async Task<Dictionary<TKey, string?>> HostCodesAsync(
        List<TKey> users,
        CancellationToken cancellationToken
    ) =>
        signIn.IsOfHost && users.Count > 0
            ? await HostTokens<TUser, TKey>
                .CodesIn(tables.Tokens)
                .Where(t => users.Contains(t.UserId))
                .ToDictionaryAsync(t => t.UserId, t => t.Value, cancellationToken)
            : [];

    public IQueryable<RoleOfUser> RolesOf() =>
        tables.UserRoles.Join(
            tables.Roles,
            u => u.RoleId,
            r => r.Id,
            (u, r) => new RoleOfUser { UserId = u.UserId, Name = r.Name }
        );

    public sealed class RoleOfUser
    {
        public required TKey UserId { get; init; }

        public required string? Name { get; init; }
    }

    public sealed record Found(TUser User, RecoverableAccount Account);
}
