using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;

namespace IdentityProvider.SharedSignals;

/// <summary>Hears what is audited, and adds what is to be told to the transaction of its cause.</summary>
internal sealed class SignalListener(UnitOfWork work, IdpDbContext context, ClientRegistry clients) : IAuditListener
{
    private (Guid Transaction, Guid First) cause;

    public void Added(AuditEvent added)
    {
        // Without a client that may have a stream there is nobody to tell, and no work to do.
        if (
            SignalTable.Of(added) is null
            || added.AccountId is null
            || !clients.ScopesInUse.Contains(SignalScopes.Manage)
        )
        {
            return;
        }

        // What is done in one transaction has one cause.
        if (context.Database.CurrentTransaction is { } current && cause.Transaction != current.TransactionId)
        {
            cause = (current.TransactionId, added.Id);
        }

        work.Enqueue(FanOutSignals.Kind, FanOutSignals.Subject(added.Id, cause.First));
    }
}
