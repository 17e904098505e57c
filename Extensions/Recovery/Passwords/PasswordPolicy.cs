using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Passwords;

/// <summary>Whose password is judged.</summary>
/// <param name="Email">The address.</param>
/// <param name="DisplayName">The name.</param>
/// <param name="HasSecondFactor">Whether MFA is on.</param>
public sealed record PasswordOwner(string Email, string? DisplayName, bool HasSecondFactor);

/// <summary>Judges a new password.</summary>
public sealed class PasswordPolicy
{
    private readonly int minimum = 15;

    /// <summary>Judges.</summary>
    /// <param name="password">The password.</param>
    /// <param name="owner">Whose.</param>
    public PasswordVerdict Judge(string password, PasswordOwner owner) =>
        password.Length >= (owner.HasSecondFactor ? 8 : minimum)
            ? new PasswordVerdict.Accepted()
            : new PasswordVerdict.TooShort(15);
}

/// <summary>What the policy says.</summary>
public abstract record PasswordVerdict
{
    private PasswordVerdict() { }

    /// <summary>Good.</summary>
    public sealed record Accepted : PasswordVerdict;

    /// <summary>Too short.</summary>
    /// <param name="Minimum">In code points.</param>
    public sealed record TooShort(int Minimum) : PasswordVerdict;
}

internal static class PasswordServices
{
    public static IServiceCollection AddPasswords(
        this IServiceCollection services,
        IConfiguration configuration
    ) => services.AddSingleton<HashingQueue>().AddSingleton<PasswordPolicy>();
}
