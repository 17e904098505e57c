using IdentityProvider.Data;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>Whoever has the database's password and changes the audit is found, with the place.</summary>
public sealed class VerifyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<DatabaseProvider, string> EveryTamper()
    {
        var all = new TheoryData<DatabaseProvider, string>();
        foreach (var provider in Enum.GetValues<DatabaseProvider>())
        {
            foreach (var tamper in Tampers.All.Keys)
            {
                all.Add(provider, tamper);
            }
        }

        return all;
    }

    [Theory, MemberData(nameof(EveryTamper))]
    public async Task What_is_changed_by_hand_is_found_at_its_place(DatabaseProvider provider, string tamper)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.WriteAsync(10);
        await host.SealAsync();
        Assert.Empty((await host.VerifyAsync()).Flaws);

        await host.TamperAsync(Tampers.All[tamper].Do);

        var found = await host.VerifyAsync();
        Assert.True(found.Flaws is [var flaw, ..] && Tampers.All[tamper].Is(flaw), string.Join(", ", found.Flaws));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_tail_that_is_cut_off_with_its_traces_is_found_by_a_head_that_was_kept(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.WriteAsync(10);
        await host.SealAsync();
        var kept = (await host.VerifyAsync()).Head;
        Assert.Empty((await host.VerifyAsync(kept)).Flaws);

        await host.TamperAsync(async c =>
        {
            var end = await c.SealAt(8).SingleAsync(Cancelled);
            await Tampers.EventAt(c, 9).ExecuteDeleteAsync(Cancelled);
            await Tampers.EventAt(c, 10).ExecuteDeleteAsync(Cancelled);
            await c.Set<AuditSeal>().Where(s => s.Sequence > 8).ExecuteDeleteAsync(Cancelled);
            await c.Set<AuditChain>()
                .ExecuteUpdateAsync(
                    s => s.SetProperty(x => x.Sequence, 8).SetProperty(x => x.Hash, end.Hash),
                    Cancelled
                );
        });

        Assert.Empty((await host.VerifyAsync()).Flaws);
        Assert.Equal([new AuditFlaw.CutOff(9)], (await host.VerifyAsync(kept)).Flaws);

        // And one that is grown again is another chain.
        await host.WriteAsync(2);
        await host.SealAsync();
        Assert.Equal([new AuditFlaw.OtherHead(10)], (await host.VerifyAsync(kept)).Flaws);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_event_that_waits_for_its_seal_for_long_is_told_and_one_that_was_removed_meanwhile(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var written = await host.WriteAsync(2);
        Assert.Empty((await host.VerifyAsync()).Flaws);
        host.Time.Advance(VerifyAudit.SealedWithin);
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([new AuditFlaw.Unsealed(2, written[0].At)], (await host.VerifyAsync()).Flaws);

        await host.TamperAsync(c =>
            c.Set<AuditEvent>().Where(e => e.Id == written[0].Id).ExecuteDeleteAsync(Cancelled)
        );
        await host.SealAsync();
        Assert.Equal([new AuditFlaw.LostUnsealed(1, written[0].Id)], (await host.VerifyAsync()).Flaws);
    }

    [Theory]
    [InlineData("12:" + Digits, true)]
    [InlineData("0:" + Digits, true)]
    [InlineData("-1:" + Digits, false)]
    [InlineData("12:", false)]
    [InlineData("12:" + Digits + "0", false)]
    [InlineData("12:" + Digits + ":1", false)]
    [InlineData(Digits, false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_kept_head_is_read_as_it_was_written_and_nothing_else_is(string? text, bool reads)
    {
        var mark = AuditMark.Parse(text);
        Assert.Equal(reads, mark is not null);
        if (mark is not null)
        {
            Assert.Equal(text, mark.ToString());
            Assert.Equal(mark, AuditMark.Parse(text!.ToUpperInvariant()));
        }
    }

    private const string Digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
}
