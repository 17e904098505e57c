using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>Hosts of others: their keys, roles and tables are theirs, and stay as they are.</summary>
public sealed class ForeignHostTests
{
    private const string NewPassword = "nine purple otters juggle quietly";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryHost))]
    public async Task A_reset_goes_from_the_request_to_the_new_password(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        await host.CreateAsync();

        var done = await host.CompleteAsync(await host.RequestTokenAsync(), NewPassword);

        Assert.IsType<CompletedPasswordReset.Done>(done);
        Assert.True(await host.HasPasswordAsync(NewPassword));
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task An_account_has_the_id_that_its_host_gave_it(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();

        var found = await host.InScopeAsync(async p =>
            new[]
            {
                (await p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled))?.Id,
                (await p.GetRequiredService<IAccounts>().FindByAddressAsync("ADA@EXAMPLE.TEST", Cancelled))?.Id,
                (await ListAsync(p, new())).Single().Id,
            }
        );

        Assert.All(found, other => Assert.Equal(id, other));
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task An_id_that_is_none_finds_nobody(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        await host.CreateAsync();

        foreach (var id in new[] { "", "nobody", "-1", "0", "99999999999999999999" })
        {
            Assert.Null(await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled)));
        }
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Every_filter_of_the_list_is_understood_by_the_database(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        await host.CreateAsync("grace@example.test");
        await host.InScopeAsync(async p =>
        {
            var context = host.ContextOf(p);
            context.Add(
                new MfaEnrollment
                {
                    AccountId = id,
                    Cause = EnrollmentCause.Administrator,
                    StartedAt = host.Time.GetUtcNow(),
                    EndsAt = host.Time.GetUtcNow().AddDays(7),
                }
            );
            return await context.SaveChangesAsync(Cancelled);
        });

        await host.InScopeAsync(async p =>
        {
            Assert.Equal(2, (await ListAsync(p, new())).Count);
            Assert.Single(await ListAsync(p, new() { Search = "gra" }));
            Assert.Empty(await ListAsync(p, new() { Locked = true }));
            Assert.Equal(2, (await ListAsync(p, new() { Locked = false })).Count);
            Assert.Empty(await ListAsync(p, new() { Group = "Editors" }));
            Assert.Empty(await ListAsync(p, new() { Audience = Audience.Administrator }));
            foreach (var status in Enum.GetValues<MfaStatusFilter>())
            {
                await ListAsync(p, new() { Mfa = status });
                await ListAsync(p, new() { Mfa = status, AsIf = new MfaRule(MfaRequirement.Everybody, []) });
                await ListAsync(p, new() { Mfa = status, AsIf = new MfaRule(MfaRequirement.Nobody, ["Editors"]) });
            }

            Assert.Single(await ListAsync(p, new() { EnrollmentEndsBy = DateTimeOffset.MaxValue.AddDays(-1) }));
            var directory = p.GetRequiredService<IAccountDirectory>();
            Assert.Single(await directory.CountEndsAsync(new(), Cancelled));
            Assert.Equal([id], (await directory.FindAsync([id, "nobody"], Cancelled)).Keys);
            Assert.Empty(await directory.GroupsAsync(Cancelled));
            foreach (var order in Enum.GetValues<AccountOrder>())
            {
                var first = await directory.ListAsync(new(), order, null, 1, Cancelled);
                var second = await directory.ListAsync(new(), order, first.Next, 1, Cancelled);
                var back = await directory.ListAsync(new(), order, second.Previous, 1, Cancelled);
                Assert.NotEqual(first.Accounts.Single().Id, second.Accounts.Single().Id);
                Assert.Equal(first.Accounts.Single().Id, back.Accounts.Single().Id);
            }

            await p.GetRequiredService<RecordMfaCoverage>().RunAsync(Cancelled);
            await p.GetRequiredService<ReadDashboard>().RunAsync(7, Cancelled);
            await p.GetRequiredService<FindDrift>().RunAsync(Cancelled);
            return await p.GetRequiredService<IAccountNames>().FindAsync([id], Cancelled);
        });
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Whom_the_host_has_shut_out_for_ever_stays_out(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        var open = await host.RequestTokenAsync();
        await host.SetLockoutEndAsync(DateTimeOffset.MaxValue);

        var lifted = await host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().LiftAsync(id, Cancelled));
        var reopened = await host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().ReopenAsync(id, Cancelled));
        var account = await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled));
        var locked = await host.InScopeAsync(p => ListAsync(p, new() { Locked = true }));
        var before = host.Mails.Sent.Count;
        await host.AskAsync();
        await host.DrainAsync();

        Assert.False(lifted || reopened);
        Assert.True(account is { Suspended: true, ClosedUntilReset: false });
        Assert.Single(locked);
        Assert.Equal(before, host.Mails.Sent.Count);

        // Nor does a link that was out before.
        await host.InScopeAsync(p =>
            p.GetRequiredService<IAccountLocks>().AfterNewPasswordAsync(id, true, Cancelled).Done()
        );
        Assert.Equal(DateTimeOffset.MaxValue.Year, (await host.LockoutEndAsync())?.Year);
        Assert.IsType<OpenedPasswordReset.Gone>(
            await host.InScopeAsync(p => p.GetRequiredService<OpenPasswordReset>().RunAsync(open, Cancelled))
        );
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task What_the_owner_has_closed_a_reset_opens(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        await host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().CloseUntilResetAsync(id, Cancelled).Done());
        var account = await host.InScopeAsync(p => p.GetRequiredService<IAccounts>().FindAsync(id, Cancelled));

        await host.CompleteAsync(await host.RequestTokenAsync(), NewPassword);

        Assert.True(account is { Suspended: false, ClosedUntilReset: true });
        Assert.Null(await host.LockoutEndAsync());
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task Of_two_accounts_with_one_address_none_is_meant(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        await host.CreateAsync();
        await host.CreateAsync(userName: "another");

        await host.AskAsync();
        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
        var unsent = await host.InScopeAsync(p =>
            host.ContextOf(p).Set<AuditEvent>().SingleAsync(e => e.Type == AuditEventTypes.ResetNotSent, Cancelled)
        );
        Assert.Equal(AuditReasons.Unknown, unsent.Reason);
    }

    [Theory, ClassData(typeof(EveryHost))]
    public async Task A_lock_of_the_host_is_lifted_while_it_lasts(HostKind kind, DatabaseProvider provider)
    {
        await using var host = await ForeignHost.StartAsync(kind, provider);
        var id = await host.CreateAsync();
        Task<bool> LiftAsync() =>
            host.InScopeAsync(p => p.GetRequiredService<IAccountLocks>().LiftAsync(id, Cancelled));

        // The host may write them in any zone; PostgreSQL takes UTC alone.
        var zone = provider == DatabaseProvider.Sqlite ? TimeSpan.FromHours(9) : TimeSpan.Zero;
        await host.SetLockoutEndAsync(host.Time.GetUtcNow().AddMinutes(-1).ToOffset(zone));
        Assert.False(await LiftAsync());
        await host.SetLockoutEndAsync(host.Time.GetUtcNow().AddMinutes(1).ToOffset(-zone));
        Assert.Single(await host.InScopeAsync(p => ListAsync(p, new() { Locked = true })));
        Assert.True(await LiftAsync());
        Assert.Null(await host.LockoutEndAsync());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task No_column_of_the_host_becomes_another(DatabaseProvider provider)
    {
        await using var database = await TestDatabase.CreateEmptyAsync(provider);

        var before = Columns(new PlainContext(Options<PlainContext>(database)));
        var after = Columns(new TemplateContext(Options<TemplateContext>(database)));

        Assert.NotEmpty(before);
        Assert.Equal(before, after.Where(c => !c.StartsWith("Recovery", StringComparison.Ordinal)));
        Assert.Contains(after, c => c.StartsWith("RecoveryOutbox", StringComparison.Ordinal));
        static List<string> Columns(DbContext context)
        {
            using (context)
            {
                return
                [
                    .. context
                        .Model.GetEntityTypes()
                        .SelectMany(e =>
                            e.GetProperties()
                                .Select(p =>
                                    $"{e.GetTableName()}.{p.GetColumnName()} {p.GetColumnType()} {p.IsNullable}"
                                )
                        )
                        .Order(StringComparer.Ordinal),
                ];
            }
        }
    }

    [Fact]
    public async Task Keys_of_another_type_and_a_call_too_early_are_told()
    {
        await using var database = await TestDatabase.CreateEmptyAsync(DatabaseProvider.Sqlite);
        using var odd = new OddContext(Options<OddContext>(database));
        using var hasty = new HastyContext(Options<HastyContext>(database));

        Assert.Contains("Int16", Assert.Throws<InvalidOperationException>(() => odd.Model).Message);
        Assert.Contains(
            "after base.OnModelCreating",
            Assert.Throws<InvalidOperationException>(() => hasty.Model).Message
        );
    }

    private static async Task<IReadOnlyList<RecoverableAccount>> ListAsync(IServiceProvider p, AccountFilter filter) =>
        (
            await p.GetRequiredService<IAccountDirectory>().ListAsync(filter, AccountOrder.Email, null, 10, Cancelled)
        ).Accounts;

    private static DbContextOptions<TContext> Options<TContext>(TestDatabase database)
        where TContext : DbContext
    {
        var builder = new DbContextOptionsBuilder<TContext>();
        return (
            database.Provider == DatabaseProvider.Sqlite
                ? builder.UseSqlite(database.ConnectionString)
                : builder.UseNpgsql(database.ConnectionString)
        ).Options;
    }
}

internal static class Finished
{
    public static async Task<bool> Done(this Task task)
    {
        await task;
        return true;
    }
}
