using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Passwords;

/// <summary>What an unknown address is checked against: a hash of today's cost that no password matches.</summary>
internal sealed class DummyPassword<TUser>
    where TUser : class
{
    public DummyPassword(IServiceScopeFactory scopes)
    {
        using var scope = scopes.CreateScope();
        Hash = scope
            .ServiceProvider.GetRequiredService<IPasswordHasher<TUser>>()
            .HashPassword(User, Secrets.NewToken());
    }

    public TUser User { get; } = Activator.CreateInstance<TUser>();

    public string Hash { get; }
}
