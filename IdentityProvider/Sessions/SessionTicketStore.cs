using System.Security.Claims;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Sessions;

/// <summary>Keeps tickets as rows, so that ending a session ends it on every node at once.</summary>
internal sealed class SessionTicketStore(
    TimeProvider time,
    IOptions<SessionOptions> options,
    IDataProtectionProvider protection
) : ITicketStore
{
    /// <summary>A property of a ticket whose person has just proved all that is enrolled.</summary>
    public const string Proved = "proved";

    private static readonly TimeSpan Resolution = TimeSpan.FromMinutes(1);

    private readonly IDataProtector protector = protection.CreateProtector("IdentityProvider.Sessions.v1");

    public async Task<string> StoreAsync(
        AuthenticationTicket ticket,
        HttpContext httpContext,
        CancellationToken cancellationToken
    )
    {
        var key = Secrets.NewToken();
        var now = time.GetUtcNow();
        var requester = Requester.From(
            httpContext.Connection.RemoteIpAddress,
            httpContext.Request.Headers.UserAgent.ToString()
        );
        var context = httpContext.RequestServices.GetRequiredService<IdpDbContext>();
        context.Sessions.Add(
            new Session
            {
                Id = ticket.Principal.FindFirst(SessionClaims.SessionId)!.Value,
                KeyHash = Secrets.Hash(key)!,
                AccountId = ticket.Principal.FindFirst(SessionClaims.Subject)!.Value,
                SecurityStamp = ticket.Principal.FindFirst(SessionClaims.SecurityStamp)!.Value,
                Ticket = protector.Protect(TicketSerializer.Default.Serialize(ticket)),
                StartedAt = now,
                ProvedAt = ticket.Properties.Items.ContainsKey(Proved) ? now : null,
                LastUsedAt = now,
                ExpiresAt = now + options.Value.Lifetime,
                Network = requester.Network,
                Browser = requester.Browser,
            }
        );
        await context.SaveChangesAsync(cancellationToken);
        return key;
    }

    public async Task<AuthenticationTicket?> RetrieveAsync(
        string key,
        HttpContext httpContext,
        CancellationToken cancellationToken
    )
    {
        if (Secrets.Hash(key) is not { } hash)
        {
            return null;
        }

        var context = httpContext.RequestServices.GetRequiredService<IdpDbContext>();
        var now = time.GetUtcNow();
        var idleSince = now - options.Value.Idle;

        // Security: threat 7. A session lives as long as the account's security stamp, whether or not a job has
        // already removed its row.
        var session = await context
            .Sessions.AsNoTracking()
            .Where(s => s.KeyHash == hash && s.ExpiresAt > now && s.LastUsedAt > idleSince)
            .Where(s =>
                context.Users.Any(u =>
                    u.Id == s.AccountId && u.SecurityStamp == s.SecurityStamp && u.SuspendedAt == null
                )
            )
            .Select(s => new
            {
                s.Id,
                s.Ticket,
                s.SecurityStamp,
                s.LastUsedAt,
                s.AccountId,
                IsLate = context
                    .Set<MfaEnrollment>()
                    .Any(e => e.AccountId == s.AccountId && e.EnrolledAt == null && e.EndsAt <= now),
            })
            .SingleOrDefaultAsync(cancellationToken);
        if (
            session is null
            || (
                session.IsLate
                && await httpContext
                    .RequestServices.GetRequiredService<EnrollmentDeadline>()
                    .HasPassedAsync(session.AccountId, cancellationToken)
            )
        )
        {
            return null;
        }

        if (session.LastUsedAt <= now - Resolution)
        {
            await context
                .Sessions.Where(s => s.Id == session.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.LastUsedAt, now), cancellationToken);
        }

        var ticket = TicketSerializer.Default.Deserialize(protector.Unprotect(session.Ticket));
        if (ticket?.Principal.Identity is ClaimsIdentity identity)
        {
            // The row's is the one in force: a session that was kept over a change has a newer one than its ticket.
            identity.TryRemoveClaim(identity.FindFirst(SessionClaims.SecurityStamp));
            identity.AddClaim(new(SessionClaims.SecurityStamp, session.SecurityStamp));
        }

        return ticket;
    }

    public async Task RenewAsync(
        string key,
        AuthenticationTicket ticket,
        HttpContext httpContext,
        CancellationToken cancellationToken
    )
    {
        var hash = Secrets.Hash(key);
        var bytes = protector.Protect(TicketSerializer.Default.Serialize(ticket));
        await httpContext
            .RequestServices.GetRequiredService<IdpDbContext>()
            .Sessions.Where(s => s.KeyHash == hash)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.Ticket, bytes), cancellationToken);
    }

    // Ending is the business of Sessions, which also tells the applications.
    public async Task RemoveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var hash = Secrets.Hash(key);
        await httpContext
            .RequestServices.GetRequiredService<IdpDbContext>()
            .Sessions.Where(s => s.KeyHash == hash)
            .ExecuteDeleteAsync(cancellationToken);
    }

    // The cookie handler calls the forms above, which reach the request's own scope.
    public Task<string> StoreAsync(AuthenticationTicket ticket) => throw new NotSupportedException();

    public Task RenewAsync(string key, AuthenticationTicket ticket) => throw new NotSupportedException();

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key) => throw new NotSupportedException();
}
