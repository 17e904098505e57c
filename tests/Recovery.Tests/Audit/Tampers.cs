using System.Globalization;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>What somebody may do who has the database's password, and what must be found then.</summary>
internal static class Tampers
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What is done to a chain of ten, and what must be found.</summary>
    public static Dictionary<string, (Func<IdpDbContext, Task> Do, Func<AuditFlaw, bool> Is)> All { get; } =
        new()
        {
            ["changed reason"] = (
                c => ChangeAsync(c, 4, e => e.SetProperty(x => x.Reason, "other")),
                f => f is AuditFlaw.Changed { Sequence: 4 }
            ),
            ["changed time"] = (
                c => ChangeAsync(c, 4, e => e.SetProperty(x => x.At, x => DateTimeOffset.UnixEpoch)),
                f => f is AuditFlaw.Changed { Sequence: 4 }
            ),
            ["words moved from one field to the next"] = (
                c =>
                    ChangeAsync(
                        c,
                        10,
                        e => e.SetProperty(x => x.SubjectId, "subjec").SetProperty(x => x.Network, "t192.0.2.7")
                    ),
                f => f is AuditFlaw.Changed { Sequence: 10 }
            ),
            ["changed first"] = (
                c => ChangeAsync(c, 1, e => e.SetProperty(x => x.ActorId, (string?)null)),
                f => f is AuditFlaw.Changed { Sequence: 1 }
            ),
            ["event removed"] = (
                c => EventAt(c, 5).ExecuteDeleteAsync(Cancelled),
                f => f is AuditFlaw.Missing { Sequence: 5 }
            ),
            ["event and seal removed"] = (
                async c =>
                {
                    await EventAt(c, 5).ExecuteDeleteAsync(Cancelled);
                    await c.SealAt(5).ExecuteDeleteAsync(Cancelled);
                },
                f => f is AuditFlaw.Missing { Sequence: 5 }
            ),
            ["event and seal removed, and those after it moved up"] = (
                async c =>
                {
                    await EventAt(c, 5).ExecuteDeleteAsync(Cancelled);
                    await c.SealAt(5).ExecuteDeleteAsync(Cancelled);
                    for (var place = 6; place <= 10; place++)
                    {
                        await MoveAsync(c, place, place - 1);
                    }
                },
                f => f is AuditFlaw.Changed { Sequence: 5 }
            ),
            ["first removed"] = (
                async c =>
                {
                    await EventAt(c, 1).ExecuteDeleteAsync(Cancelled);
                    await c.SealAt(1).ExecuteDeleteAsync(Cancelled);
                },
                f => f is AuditFlaw.Missing { Sequence: 1 }
            ),
            ["all removed"] = (
                async c =>
                {
                    await c.Set<AuditEvent>().ExecuteDeleteAsync(Cancelled);
                    await c.Set<AuditSeal>().ExecuteDeleteAsync(Cancelled);
                },
                f => f is AuditFlaw.CutOff { Sequence: 1 }
            ),
            ["last removed"] = (
                async c =>
                {
                    await EventAt(c, 10).ExecuteDeleteAsync(Cancelled);
                    await c.SealAt(10).ExecuteDeleteAsync(Cancelled);
                },
                f => f is AuditFlaw.CutOff { Sequence: 10 }
            ),
            ["two events exchanged"] = (
                c => ExchangeAsync(c, 3, 7, seals: false),
                f => f is AuditFlaw.Reordered { Sequence: 3 }
            ),
            ["two seals exchanged"] = (
                c => ExchangeAsync(c, 3, 7, seals: true),
                f => f is AuditFlaw.Reordered { Sequence: 3 }
            ),
            ["neighbours exchanged"] = (
                c => ExchangeAsync(c, 9, 10, seals: true),
                f => f is AuditFlaw.Reordered { Sequence: 9 }
            ),
            ["event added"] = (
                async c =>
                {
                    c.Add(Forged());
                    await c.SaveChangesAsync(Cancelled);
                },
                f => f is AuditFlaw.Added { Count: 1 }
            ),
            ["event added in between, with a seal that fits"] = (
                async c =>
                {
                    for (var place = 10; place >= 5; place--)
                    {
                        await MoveAsync(c, place, place + 1);
                    }

                    var forged = Forged();
                    var before = (await c.SealAt(4).SingleAsync(Cancelled)).Hash;
                    c.Add(forged);
                    c.Add(Seal(5, forged, before));
                    await c.SaveChangesAsync(Cancelled);
                },
                f => f is AuditFlaw.Reordered { Sequence: 6 }
            ),
            ["event added at the end, with a seal that fits"] = (
                async c =>
                {
                    var forged = Forged();
                    var before = (await c.SealAt(10).SingleAsync(Cancelled)).Hash;
                    c.Add(forged);
                    c.Add(Seal(11, forged, before));
                    await c.SaveChangesAsync(Cancelled);
                },
                f => f is AuditFlaw.Beyond { Sequence: 11 }
            ),
            ["the row of the ends removed"] = (
                c => c.Set<AuditChain>().ExecuteDeleteAsync(Cancelled),
                f => f is AuditFlaw.NoHead
            ),
            ["the beginning removed, as if retention had done it"] = (
                async c =>
                {
                    var anchor = await c.SealAt(3).SingleAsync(Cancelled);
                    for (var place = 1; place <= 3; place++)
                    {
                        await EventAt(c, place).ExecuteDeleteAsync(Cancelled);
                        await c.SealAt(place).ExecuteDeleteAsync(Cancelled);
                    }

                    await c.Set<AuditChain>()
                        .ExecuteUpdateAsync(
                            s => s.SetProperty(x => x.AnchorSequence, 3).SetProperty(x => x.AnchorHash, anchor.Hash),
                            Cancelled
                        );
                },
                f => f is AuditFlaw.NotPruned { Sequence: 3 }
            ),
        };

    public static IQueryable<AuditEvent> EventAt(IdpDbContext context, long place) =>
        context
            .Set<AuditEvent>()
            .Where(e => context.Set<AuditSeal>().Any(s => s.Sequence == place && s.EventId == e.Id));

    private static Task ChangeAsync(
        IdpDbContext context,
        long place,
        Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<AuditEvent>> set
    ) => EventAt(context, place).ExecuteUpdateAsync(set, Cancelled);

    private static Task MoveAsync(IdpDbContext context, long from, long to) =>
        context.SealAt(from).ExecuteUpdateAsync(s => s.SetProperty(x => x.Sequence, to), Cancelled);

    private static async Task ExchangeAsync(IdpDbContext context, long a, long b, bool seals)
    {
        var first = await context.SealAt(a).AsNoTracking().SingleAsync(Cancelled);
        var second = await context.SealAt(b).AsNoTracking().SingleAsync(Cancelled);
        await context.SealAt(a).ExecuteDeleteAsync(Cancelled);
        await context.SealAt(b).ExecuteDeleteAsync(Cancelled);
        context.Add(With(a, second.EventId, seals ? second.Hash : first.Hash));
        context.Add(With(b, first.EventId, seals ? first.Hash : second.Hash));
        await context.SaveChangesAsync(Cancelled);

        static AuditSeal With(long place, Guid id, byte[] hash) =>
            new()
            {
                Sequence = place,
                EventId = id,
                Hash = hash,
            };
    }

    private static AuditEvent Forged() =>
        new()
        {
            Id = Guid.Parse("019cebf4-0000-7000-8000-000000000001", CultureInfo.InvariantCulture),
            At = DateTimeOffset.UnixEpoch,
            Type = AuditEventTypes.SignedIn,
        };

    private static AuditSeal Seal(long place, AuditEvent audited, byte[] before) =>
        new()
        {
            Sequence = place,
            EventId = audited.Id,
            Hash = AuditHash.Next(before, audited),
        };
}
