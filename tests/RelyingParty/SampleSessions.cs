using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace RelyingParty;

/// <summary>The sessions of this application, kept here, so that the provider can end them from behind.</summary>
internal sealed class SampleSessions : ITicketStore
{
    private readonly ConcurrentDictionary<string, AuthenticationTicket> tickets = new();

    public Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        tickets[key] = ticket;
        return Task.FromResult(key);
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        // A session that has been ended is not brought back by a request that was under way.
        if (tickets.TryGetValue(key, out var old))
        {
            tickets.TryUpdate(key, ticket, old);
        }

        return Task.CompletedTask;
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => Task.FromResult(tickets.GetValueOrDefault(key));

    public Task RemoveAsync(string key)
    {
        tickets.TryRemove(key, out _);
        return Task.CompletedTask;
    }

    /// <summary>Ends the session with the provider's <c>sid</c>, or without one every session of the person.</summary>
    public void End(string? subject, string? sessionId)
    {
        foreach (var (key, ticket) in tickets)
        {
            var principal = ticket.Principal;
            if (
                sessionId is not null
                    ? principal.FindFirst("sid")?.Value == sessionId
                    : subject is not null && principal.FindFirst("sub")?.Value == subject
            )
            {
                tickets.TryRemove(key, out _);
            }
        }
    }
}
