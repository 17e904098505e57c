using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace RelyingParty;

/// <summary>
/// The sessions of this application, kept by the application, so that the provider can end them from behind: in memory, or
/// where several nodes share them in a folder. Then the node that is told ends them for all.
/// </summary>
internal sealed class SampleSessions(IOptions<SampleOptions> options, IDataProtectionProvider protection) : ITicketStore
{
    private readonly ConcurrentDictionary<string, byte[]> memory = new();
    private readonly string? folder = options.Value.Sessions;
    private readonly IDataProtector protector = protection.CreateProtector("RelyingParty.Sessions");

    public Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        Write(key, ticket);
        return Task.FromResult(key);
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        // A session that has been ended is not brought back by a request that was under way.
        if (Read(key) is not null)
        {
            Write(key, ticket);
        }

        return Task.CompletedTask;
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => Task.FromResult(Read(key));

    public Task RemoveAsync(string key)
    {
        if (folder is null)
        {
            memory.TryRemove(key, out _);
        }
        else
        {
            File.Delete(PathOf(key));
        }

        return Task.CompletedTask;
    }

    /// <summary>Ends the session with the provider's <c>sid</c>, or without one every session of the person.</summary>
    public async Task EndAsync(string? subject, string? sessionId)
    {
        foreach (var key in folder is null ? memory.Keys : Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!))
        {
            if (
                Read(key)?.Principal is { } principal
                && (
                    sessionId is not null
                        ? principal.FindFirst("sid")?.Value == sessionId
                        : subject is not null && principal.FindFirst("sub")?.Value == subject
                )
            )
            {
                await RemoveAsync(key);
            }
        }
    }

    private AuthenticationTicket? Read(string key)
    {
        try
        {
            var bytes = folder is null ? memory.GetValueOrDefault(key) : File.ReadAllBytes(PathOf(key));
            return bytes is null ? null : TicketSerializer.Default.Deserialize(protector.Unprotect(bytes));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private void Write(string key, AuthenticationTicket ticket)
    {
        var bytes = protector.Protect(TicketSerializer.Default.Serialize(ticket));
        if (folder is null)
        {
            memory[key] = bytes;
            return;
        }

        // Another node never reads half of it.
        var half = Path.Combine(folder, "half", Path.GetRandomFileName());
        Directory.CreateDirectory(Path.GetDirectoryName(half)!);
        File.WriteAllBytes(half, bytes);
        File.Move(half, PathOf(key), overwrite: true);
    }

    private string PathOf(string key) => Path.Combine(folder!, key);
}
