using System.Diagnostics;
using IdentityProvider.Accounts;
using IdentityProvider.Passwords;
using Microsoft.Extensions.Options;

namespace Benchmarks;

/// <summary>How many passwords one core verifies in a second with nothing around it: what a sign-in is held against.</summary>
internal static class HashRate
{
    public static int Run(TimeSpan duration)
    {
        var hasher = new Argon2idPasswordHasher(Options.Create(new Argon2idOptions()));
        var account = new Account();
        var hash = hasher.HashPassword(account, "otter velvet cascade plume");
        var (count, watch) = (0, Stopwatch.StartNew());
        while (watch.Elapsed < duration)
        {
            hasher.VerifyHashedPassword(account, hash, "otter velvet cascade plume");
            count++;
        }

        Console.WriteLine(FormattableString.Invariant($"{count / watch.Elapsed.TotalSeconds:F1}"));
        return 0;
    }
}
