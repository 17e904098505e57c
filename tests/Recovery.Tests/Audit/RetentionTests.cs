using System.ComponentModel.DataAnnotations;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>What is past its retention goes, and what stays still verifies.</summary>
public sealed class RetentionTests
{
    private const string KeepFor = "AccountRecovery:Audit:KeepFor";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_oldest_events_go_and_the_rest_of_the_chain_still_holds(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (KeepFor, "30.00:00:00"));
        await host.WriteAsync(5);
        await host.SealAsync();
        var old = (await host.VerifyAsync()).Head;
        host.Time.Advance(TimeSpan.FromDays(20));
        var kept = await host.WriteAsync(5);
        await host.SealAsync();

        await host.PruneAsync();
        Assert.Equal(10, (await host.RowsAsync<AuditEvent>()).Count);

        host.Time.Advance(TimeSpan.FromDays(11));
        await host.PruneAsync();
        await host.SealAsync();

        var left = (await host.RowsAsync<AuditEvent>()).OrderBy(e => e.Id).ToList();
        Assert.Equal(kept.Select(e => e.Id), left[..5].Select(e => e.Id));
        var pruned = Assert.Single(left[5..]);
        Assert.Equal((AuditEventTypes.AuditPruned, old.ToString()), (pruned.Type, pruned.SubjectId));
        var found = await host.VerifyAsync(old);
        Assert.Empty(found.Flaws);
        Assert.Equal((old, 6, 11), (found.Anchor, found.Verified, found.Head.Sequence));

        // A head from before the anchor has nothing to be compared with; one that lies is found.
        Assert.Equal([new AuditFlaw.HeadTooOld(4)], (await host.VerifyAsync(old with { Sequence = 4 })).Flaws);
        Assert.Equal(
            [new AuditFlaw.OtherHead(5)],
            (await host.VerifyAsync(old with { Hash = new string('0', 64) })).Flaws
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Retention_removes_batch_after_batch_and_goes_on_where_it_ended(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (KeepFor, "30.00:00:00"));
        await host.WriteAsync(520);
        await host.SealAsync();
        host.Time.Advance(TimeSpan.FromDays(32));
        await host.PruneAsync();
        await host.SealAsync();
        Assert.Equal(520, (await host.VerifyAsync()).Anchor.Sequence);

        // The events that tell of it are past their retention in their turn.
        host.Time.Advance(TimeSpan.FromDays(32));
        await host.PruneAsync();
        await host.SealAsync();
        var found = await host.VerifyAsync();
        Assert.Empty(found.Flaws);
        Assert.Equal(522, found.Anchor.Sequence);
        Assert.Single(await host.RowsAsync<AuditEvent>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_somebody_has_changed_is_evidence_and_is_kept(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (KeepFor, "30.00:00:00"));
        var written = await host.WriteAsync(5);
        await host.SealAsync();
        await host.TamperAsync(c =>
            c.Set<AuditEvent>()
                .Where(e => e.Id == written[2].Id)
                .ExecuteUpdateAsync(
                    s => s.SetProperty(e => e.ActorId, "somebody-else"),
                    TestContext.Current.CancellationToken
                )
        );
        host.Time.Advance(TimeSpan.FromDays(32));
        await host.PruneAsync();

        var found = await host.VerifyAsync();
        Assert.Equal([new AuditFlaw.Changed(3, written[2].Id)], found.Flaws);
        Assert.Equal(2, found.Anchor.Sequence);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_not_sealed_yet_is_never_removed(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, (KeepFor, "30.00:00:00"));
        await host.WriteAsync(3);
        host.Time.Advance(TimeSpan.FromDays(90));
        await host.PruneAsync();

        Assert.Equal(3, (await host.RowsAsync<AuditEvent>()).Count);
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(30, true)]
    [InlineData(3653, true)]
    [InlineData(3654, false)]
    public void Events_are_kept_from_thirty_days_to_ten_years(int days, bool valid)
    {
        var options = new AuditOptions { KeepFor = TimeSpan.FromDays(days) };
        var problems = new List<ValidationResult>();
        Assert.Equal(valid, Validator.TryValidateObject(options, new ValidationContext(options), problems, true));
        Assert.All(problems, p => Assert.Contains("KeepFor must be from", p.ErrorMessage, StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromDays(400), new AuditOptions().KeepFor);
    }
}
