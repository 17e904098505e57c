using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Endpoints;

/// <summary>The one way in which somebody does something to an endpoint: if they may, in a transaction, audited.</summary>
internal sealed class ActOnEndpoint(UnitOfWork work, AuditLog audit)
{
    /// <summary>Does it; <see cref="ManagedEndpoint.Gone"/> where it is not there, or nothing was to be done.</summary>
    /// <param name="type">The audit event.</param>
    /// <param name="act">False when nothing was to be done.</param>
    /// <param name="to">What else the audit names.</param>
    public Task<ManagedEndpoint> RunAsync(
        Actor actor,
        Guid id,
        string type,
        Requester requester,
        Func<ServiceEndpoint, CancellationToken, Task<bool>> act,
        CancellationToken cancellationToken,
        string? accountId = null,
        string? to = null
    ) =>
        work.RunAsync<ManagedEndpoint>(
            async inner =>
            {
                if (!ConsolePermissions.May(actor.Roles, ConsoleAction.ManageSystem))
                {
                    return new ManagedEndpoint.NotAllowed();
                }

                if (
                    await work
                        .Context.Set<ServiceEndpoint>()
                        .AsNoTracking()
                        .SingleOrDefaultAsync(e => e.Id == id, inner)
                        is not { } endpoint
                    || !await act(endpoint, inner)
                )
                {
                    return new ManagedEndpoint.Gone();
                }

                var subject = to is null ? endpoint.Name : $"{endpoint.Name}: {to}";
                audit.Add(
                    type,
                    accountId,
                    requester,
                    subject[..Math.Min(subject.Length, RecoverableAccount.MaxIdLength)],
                    actorId: actor.Id,
                    proof: actor.Proof
                );
                return new ManagedEndpoint.Done(endpoint);
            },
            cancellationToken
        );
}
