using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Sessions;
using IdP.Recovery;

namespace IdentityProvider.OpenId.Logout;

/// <summary>Notes, in the transaction that ends a session, which applications are to be told.</summary>
internal sealed class NoteLogout(UnitOfWork work, IdpDbContext context, ClientRegistry clients, TimeProvider time)
    : ISessionEnded
{
    public void Ended(Session session)
    {
        var now = time.GetUtcNow();
        foreach (var client in session.Clients.Where(c => BackChannelLogout.UriOf(clients, c.ClientId) is not null))
        {
            var notice = new LogoutNotice
            {
                Id = Guid.CreateVersion7(now),
                AccountId = session.AccountId,
                SessionId = session.Id,
                ClientId = client.ClientId,
                EndedAt = now,
            };
            context.Add(notice);
            work.Enqueue(BackChannelLogout.Kind, notice.Id.ToString());
        }
    }
}
