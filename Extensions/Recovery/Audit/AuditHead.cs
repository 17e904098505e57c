using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;

namespace IdP.Recovery.Audit;

/// <summary>The row that holds the chain's ends, changed by one at a time.</summary>
internal static class AuditHead
{
    /// <summary>Takes the row for the transaction under way: the update waits until who holds it is done.</summary>
    public static async Task<AuditChain> TakeAsync(DbContext context, CancellationToken cancellationToken)
    {
        Expect(
            await Row(context)
                .ExecuteUpdateAsync(set => set.SetProperty(c => c.Sequence, c => c.Sequence), cancellationToken)
        );
        return await Row(context).AsNoTracking().SingleAsync(cancellationToken);
    }

    /// <summary>Moves an end of the chain, unless somebody else has.</summary>
    public static async Task MoveAsync(
        DbContext context,
        AuditChain from,
        Action<UpdateSettersBuilder<AuditChain>> set,
        CancellationToken cancellationToken
    ) =>
        Expect(
            await Row(context)
                .Where(c => c.Sequence == from.Sequence && c.AnchorSequence == from.AnchorSequence)
                .ExecuteUpdateAsync(set, cancellationToken)
        );

    private static IQueryable<AuditChain> Row(DbContext context) =>
        context.Set<AuditChain>().Where(c => c.Id == AuditChain.OnlyId);

    private static void Expect(int changed)
    {
        if (changed != 1)
        {
            throw new InvalidOperationException("The audit's chain has no head, or another one.");
        }
    }
}
