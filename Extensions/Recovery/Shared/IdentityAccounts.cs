using System.Linq.Expressions;
using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using IdP.Recovery.RecoveryCodes;
using IdP.Recovery.Totp;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>The one class that knows ASP.NET Core Identity.</summary>
internal sealed partial class IdentityAccounts<TUser>(
    UnitOfWork work,
    UserManager<TUser> users,
    HashingQueue hashing,
    ClientNetworks networks,
    PasswordPolicy policy,
    DummyPassword<TUser> dummy,
    FailureCounts failures,
    RequestLimits limits,
    MfaPolicy mfaPolicy,
    AuditLog audit
) : IAccounts
    where TUser : IdentityUser
{
    private DbSet<TUser> Users => work.Context.Set<TUser>();

    public async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        (await FindAsync(u => u.Id == accountId, cancellationToken))?.Account;

    public async Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken cancellationToken)
    {
        if (await FindAsync(u => u.NormalizedEmail == address, cancellationToken) is { } own)
        {
            return own.Account;
        }

        var accountId = await work
            .Context.Set<RecoveryAddress>()
            .Where(a => a.Confirmed == address)
            .Select(a => a.AccountId)
            .SingleOrDefaultAsync(cancellationToken);
        return accountId is null ? null : await FindAsync(accountId, cancellationToken);
    }

    public async Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken cancellationToken)
    {
        var ids = await RolesOf()
            .Where(r => r.Name == RecoverableAccount.AdministratorRole)
            .Select(r => r.UserId)
            .ToListAsync(cancellationToken);
        var administrators = new List<RecoverableAccount>();
        foreach (var id in ids)
        {
            administrators.Add((await FindAsync(id, cancellationToken))!);
        }

        return administrators;
    }

    public async Task<bool> UnlockAsync(string accountId, CancellationToken cancellationToken)
    {
        var now = work.Now;
        var untilReset = now.AddYears(1000);
        var wasLocked = await failures.UnlockAsync(accountId, cancellationToken);
        return await Users
                .Where(u => u.Id == accountId && u.LockoutEnd > now && u.LockoutEnd < untilReset)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), cancellationToken)
                > 0
            || wasLocked;
    }

    public Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        Users
            .Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.LockoutEnabled, true)
                        .SetProperty(u => u.LockoutEnd, DateTimeOffset.MaxValue)
                        .SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

    public Task<int> ReplaceStampAsync(string accountId, CancellationToken cancellationToken) =>
        Users
            .Where(u => u.Id == accountId)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(u => u.SecurityStamp, Secrets.NewToken())
                        .SetProperty(u => u.ConcurrencyStamp, Secrets.NewToken()),
                cancellationToken
            );

    // One query, whether or not there is such an account (threat 11).
    private async Task<Found?> FindAsync(Expression<Func<TUser, bool>> which, CancellationToken cancellationToken) =>
        (await FindManyAsync(which, cancellationToken)).Values.SingleOrDefault();

    private async Task<Dictionary<string, Found>> FindManyAsync(
        Expression<Func<TUser, bool>> which,
        CancellationToken cancellationToken
    )
    {
        var now = work.Now;
        var enrollments = work.Context.Set<MfaEnrollment>().Where(e => e.EnrolledAt == null);

        // One value from each table, by the account: for what is joined as a record or by way of a third table, SQLite
        // reads the table whole.
        var rows = await Users
            .AsNoTracking()
            .Where(which)
            .Select(u => new
            {
                User = u,
                Roles = work
                    .Context.Set<IdentityUserRole<string>>()
                    .Where(r => r.UserId == u.Id)
                    .Select(r =>
                        work.Context.Set<IdentityRole>()
                            .Where(role => role.Id == r.RoleId)
                            .Select(role => role.Name)
                            .FirstOrDefault()
                    )
                    .ToList(),
                LockedUntil = work
                    .Context.Set<FailureCount>()
                    .Where(c => c.AccountId == u.Id && c.LockedUntil > now)
                    .OrderByDescending(c => c.LockedUntil)
                    .Select(c => c.LockedUntil)
                    .FirstOrDefault(),
                Totp = work.Context.Set<TotpAuthenticator>().Count(t => t.AccountId == u.Id && t.ConfirmedAt != null),
                TotpRequired = work
                    .Context.Set<TotpAuthenticator>()
                    .Any(t => t.AccountId == u.Id && t.ConfirmedAt == null && t.Required),
                Passkeys = work.Context.Set<IdentityUserPasskey<string>>().Count(p => p.UserId == u.Id),
                Codes = work.Context.Set<RecoveryCode>().Count(c => c.AccountId == u.Id && c.UsedAt == null),
                EnrollmentEndsAt = enrollments
                    .Where(e => e.AccountId == u.Id)
                    .Select(e => (DateTimeOffset?)e.EndsAt)
                    .FirstOrDefault(),
                EnrollmentCause = enrollments
                    .Where(e => e.AccountId == u.Id)
                    .Select(e => (EnrollmentCause?)e.Cause)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var all = new Dictionary<string, Found>(StringComparer.Ordinal);
        foreach (var found in rows)
        {
            var user = found.User;
            var more = user as IRecoverableUser;
            var closedUntil = user.LockoutEnd > now ? user.LockoutEnd : null;
            var roles = found.Roles.OfType<string>().ToList();
            all[user.Id] = new(
                user,
                new(
                    user.Id,
                    user.Email ?? "",
                    user.NormalizedEmail ?? "",
                    user.EmailConfirmed,
                    more?.DisplayName,
                    more?.Locale,
                    more?.ZoneInfo,
                    roles.Any(ConsoleRoles.All.Contains) ? Audience.Administrator : Audience.User,
                    user.PasswordHash is not null,
                    // Security: threat 5. A factor that the host enrolled elsewhere counts, though it cannot be proved here.
                    user.TwoFactorEnabled
                        || found.Totp > 0
                        || found.Passkeys > 0,
                    more?.SuspendedAt is not null,
                    closedUntil > (found.LockedUntil ?? DateTimeOffset.MinValue) ? closedUntil : found.LockedUntil,
                    user.SecurityStamp ?? ""
                )
                {
                    Roles = roles,
                    Factors = new(found.Totp, found.Passkeys, found.Codes, found.TotpRequired),
                    ClosedUntilReset = closedUntil?.Year == DateTimeOffset.MaxValue.Year,
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

    private IQueryable<RoleOfUser> RolesOf() =>
        work
            .Context.Set<IdentityUserRole<string>>()
            .Join(
                work.Context.Set<IdentityRole>(),
                u => u.RoleId,
                r => r.Id,
                (u, r) => new RoleOfUser { UserId = u.UserId, Name = r.Name }
            );

    private sealed class RoleOfUser
    {
        public required string UserId { get; init; }

        public required string? Name { get; init; }
    }

    private sealed record Found(TUser User, RecoverableAccount Account);
}
