using System.Globalization;
using System.Security.Claims;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Sessions;

/// <summary>The sessions of an account.</summary>
internal sealed class AccountSessions(
    IdpDbContext context,
    UnitOfWork work,
    ISessionEnded told,
    AuditLog audit,
    TimeProvider time,
    IOptions<SessionOptions> options
) : ISignedInSessions, IAccountSessions, ISessionList
{
    public async Task StartAsync(
        HttpContext http,
        RecoverableAccount account,
        IReadOnlyList<string> methods,
        CancellationToken cancellationToken
    )
    {
        if (http.User.FindFirst(SessionClaims.SessionId) is { } old)
        {
            await EndAsync(
                http.User.FindFirst(SessionClaims.Subject)!.Value,
                old.Value,
                SessionEndReason.SignedOut,
                cancellationToken
            );
        }

        var principal = new ClaimsPrincipal(Describe(account, methods));
        var properties = new AuthenticationProperties();
        if (!account.Factors.Any || methods.Contains("mfa"))
        {
            properties.Items[SessionTicketStore.Proved] = "";
        }

        await http.SignInAsync(SessionSchemes.Start, principal, properties);
        http.User = principal;
    }

    public async Task<IReadOnlyList<AccountSession>> ListAsync(string accountId, CancellationToken cancellationToken)
    {
        var sessions = await Living(accountId)
            .AsNoTracking()
            .OrderByDescending(s => s.LastUsedAt)
            .ToListAsync(cancellationToken);
        return
        [
            .. sessions.Select(s => new AccountSession(
                s.Id,
                s.StartedAt,
                s.LastUsedAt,
                new Requester(s.Network, s.Browser),
                [.. s.Clients.Select(c => c.ClientId).Order(StringComparer.Ordinal)]
            )),
        ];
    }

    public async Task<bool> EndAsync(
        string accountId,
        string sessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) => await EndAsync(s => s.AccountId == accountId && s.Id == sessionId, reason, cancellationToken) == 1;

    public Task<int> EndAllAsync(
        string accountId,
        string? exceptSessionId,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) => EndAsync(s => s.AccountId == accountId && s.Id != exceptSessionId, reason, cancellationToken);

    public Task<int> EndOutdatedAsync(string accountId, CancellationToken cancellationToken) =>
        EndAsync(
            s =>
                s.AccountId == accountId
                && !context.Users.Any(u => u.Id == s.AccountId && u.SecurityStamp == s.SecurityStamp),
            SessionEndReason.CredentialChanged,
            cancellationToken
        );

    public async Task KeepAsync(string accountId, string sessionId, CancellationToken cancellationToken)
    {
        var stamp = await context
            .Users.Where(u => u.Id == accountId)
            .Select(u => u.SecurityStamp)
            .SingleAsync(cancellationToken);
        await context
            .Sessions.Where(s => s.AccountId == accountId && s.Id == sessionId)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.SecurityStamp, stamp), cancellationToken);
    }

    public Task<DateTimeOffset?> ProvedAtAsync(
        string accountId,
        string sessionId,
        CancellationToken cancellationToken
    ) =>
        context
            .Sessions.Where(s => s.AccountId == accountId && s.Id == sessionId)
            .Select(s => s.ProvedAt)
            .SingleOrDefaultAsync(cancellationToken);

    public async Task ProvedAsync(HttpContext http, IReadOnlyList<string> methods, CancellationToken cancellationToken)
    {
        var session = await http.AuthenticateAsync(SessionSchemes.Session);
        var identity = session.Principal!.Identities.Single();

        // Security: RFC 9470. What was proved before is as old as it was: only what was proved now is as fresh as this. A
        // password stays beside a second factor, which is the second of two by it.
        var before = identity.FindAll(SessionClaims.Methods).ToList();
        var keeps = methods.Contains("mfa") ? before.Where(c => c.Value == "pwd").Select(c => c.Value) : [];
        before.ForEach(identity.RemoveClaim);
        identity.AddClaims(methods.Union(keeps).Select(m => new Claim(SessionClaims.Methods, m)));
        identity.RemoveClaim(identity.FindFirst(SessionClaims.AuthenticationTime));
        identity.AddClaim(AuthenticatedAt(time.GetUtcNow()));
        await http.SignInAsync(SessionSchemes.Session, session.Principal, session.Properties);
        var (accountId, sessionId) = (http.User.AccountId(), http.User.SessionOf());
        await context
            .Sessions.Where(s => s.AccountId == accountId && s.Id == sessionId)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.ProvedAt, time.GetUtcNow()), cancellationToken);
    }

    private IQueryable<Session> Living(string accountId)
    {
        var now = time.GetUtcNow();
        var idleSince = now - options.Value.Idle;
        return context.Sessions.Where(s =>
            s.AccountId == accountId
            && s.ExpiresAt > now
            && s.LastUsedAt > idleSince
            && context.Users.Any(u => u.Id == s.AccountId && u.SecurityStamp == s.SecurityStamp)
        );
    }

    private Task<int> EndAsync(
        System.Linq.Expressions.Expression<Func<Session, bool>> which,
        SessionEndReason reason,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                var ended = 0;
                foreach (var session in await context.Sessions.AsNoTracking().Where(which).ToListAsync(inner))
                {
                    // Whoever removes the row tells the applications, once.
                    if (await context.Sessions.Where(s => s.Id == session.Id).ExecuteDeleteAsync(inner) == 1)
                    {
                        told.Ended(session);
                        audit.Add(
                            AuditEventTypes.SessionEnded,
                            session.AccountId,
                            Requester.None,
                            session.Id,
                            AuditReasons.Of(reason)
                        );
                        ended++;
                    }
                }

                return ended;
            },
            cancellationToken
        );

    private static Claim AuthenticatedAt(DateTimeOffset at) =>
        new(
            SessionClaims.AuthenticationTime,
            at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            ClaimValueTypes.Integer64
        );

    private ClaimsIdentity Describe(RecoverableAccount account, IReadOnlyList<string> methods)
    {
        var now = time.GetUtcNow();
        var identity = new ClaimsIdentity(SessionSchemes.Session, SessionClaims.Name, SessionClaims.Role);
        identity.AddClaim(new(SessionClaims.Subject, account.Id));
        identity.AddClaim(new(SessionClaims.Name, account.DisplayName ?? account.Email));
        identity.AddClaim(new(SessionClaims.Email, account.Email));
        identity.AddClaim(new(SessionClaims.SessionId, Guid.CreateVersion7(now).ToString("n")));
        identity.AddClaim(new(SessionClaims.SecurityStamp, account.SecurityStamp));
        identity.AddClaim(AuthenticatedAt(now));
        identity.AddClaims(methods.Select(m => new Claim(SessionClaims.Methods, m)));
        if (account.Language is { } language)
        {
            identity.AddClaim(new(SessionClaims.Locale, language));
        }

        identity.AddClaims(
            account.Roles.Where(ConsoleRoles.All.Contains).Select(role => new Claim(SessionClaims.Role, role))
        );

        return identity;
    }
}
