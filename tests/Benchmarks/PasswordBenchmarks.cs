using BenchmarkDotNet.Attributes;
using IdentityProvider.Accounts;
using IdentityProvider.Passwords;
using IdP.Recovery.Passwords;
using Microsoft.Extensions.Options;

namespace Benchmarks;

/// <summary>What one password costs: <c>dotnet run -c Release --project tests/Benchmarks -- micro</c>.</summary>
[MemoryDiagnoser]
public class PasswordBenchmarks
{
    private readonly Account account = new();
    private readonly Argon2idPasswordHasher hasher = new(Options.Create(new Argon2idOptions()));
    private readonly PasswordPolicy policy = new(Options.Create(new PasswordPolicyOptions()));
    private readonly PasswordOwner owner = new("marta.kowalczyk@example.test", "Marta Kowalczyk", false);

    [Benchmark]
    public string Hash() => hasher.HashPassword(account, "otter velvet cascade plume");

    [Benchmark]
    public PasswordVerdict Judge() => policy.Judge("otter velvet cascade plume", owner);
}
