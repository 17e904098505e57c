using System.Text.RegularExpressions;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>What is audited stays as it is, stands beside its cause, and cannot be kept from its seal.</summary>
public sealed partial class KeepTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_event_or_a_seal_that_is_changed_or_removed_is_not_saved(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.WriteAsync(1);
        await host.SealAsync();

        await RefusesAsync<AuditEvent>(host, (c, e) => c.Entry(e).Property("Reason").CurrentValue = "x");
        await RefusesAsync<AuditEvent>(host, (c, e) => c.Remove(e));
        await RefusesAsync<AuditSeal>(host, (c, s) => c.Remove(s));

        Assert.Empty((await host.VerifyAsync()).Flaws);
    }

    [Fact]
    public void Only_retention_changes_the_tables_of_the_audit_in_bulk()
    {
        var changing = Directory
            .EnumerateFiles(Repository.PathOf("Extensions"), "*.cs", SearchOption.AllDirectories)
            .Concat(
                Directory.EnumerateFiles(Repository.PathOf("IdentityProvider"), "*.cs", SearchOption.AllDirectories)
            )
            .Where(f => InBulk().IsMatch(File.ReadAllText(f)))
            .Select(Path.GetFileName);

        Assert.Equal(["PruneAudit.cs"], changing);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_row_that_says_a_sealed_event_waits_stops_no_sealer_and_is_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var written = await host.WriteAsync(2);
        await host.SealAsync();
        await host.TamperAsync(c =>
            c.Database.ExecuteSqlAsync(
                $"""INSERT INTO "RecoveryAuditUnsealed" ("EventId") VALUES ({written[0].Id})""",
                Cancelled
            )
        );

        await host.WriteAsync(1);
        Assert.Equal(1, await host.SealAsync());
        host.Time.Advance(2 * VerifyAudit.SealedWithin);

        Assert.Equal([new AuditFlaw.WaitsAgain(1, written[0].Id)], (await host.VerifyAsync()).Flaws);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_sign_in_that_cannot_be_audited_begins_no_session(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, s => s.AddScoped<IAuditListener, Broken>());
        var ada = await host.CreateAccountAsync();
        var browser = new Jar();

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.SignInAsync(browser, ada.Email!));

        Assert.Empty(await host.RowsAsync<IdentityProvider.Sessions.Session>());
        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.SignedIn);
    }

    private static async Task RefusesAsync<T>(RecoveryHost host, Action<IdpDbContext, T> change)
        where T : class
    {
        await using var context = host.Database.OpenContext();
        change(context, await context.Set<T>().FirstAsync(Cancelled));

        await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesAsync(Cancelled));
        Assert.Throws<InvalidOperationException>(() => context.SaveChanges());
    }

    [GeneratedRegex(@"Set<Audit(Event|Seal)>\(\)[^;]*\.Execute(Delete|Update)Async")]
    private static partial Regex InBulk();

    private sealed class Broken : IAuditListener
    {
        public void Added(AuditEvent added)
        {
            if (added.Type == AuditEventTypes.SignedIn)
            {
                throw new InvalidOperationException("The audit is broken.");
            }
        }
    }
}
