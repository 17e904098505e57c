using IdentityProvider.Accounts;
using IdentityProvider.Passwords;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Passwords;

public sealed class Argon2idPasswordHasherTests
{
    private const string Password = "zk4 Qm9 vT2 xw7";
    private static readonly Account Nobody = new();
    private static readonly Argon2idPasswordHasher Hasher = With(19_456, 2);

    [Fact]
    public void A_hash_made_by_the_reference_program_verifies()
    {
        // printf 'zk4 Qm9 vT2 xw7' | argon2 sixteen-byte-slt -id -t 2 -k 19456 -p 1 -l 32 -e
        const string Reference =
            "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbi1ieXRlLXNsdA$bD4sOS+w5pvIaFDTnmA1eE3l6uokkR3rbqwHWIKXwH4";
        Assert.Equal(
            PasswordVerificationResult.Success,
            Hasher.VerifyHashedPassword(Nobody, Reference, Password)
        );
        Assert.Equal(
            PasswordVerificationResult.Failed,
            Hasher.VerifyHashedPassword(Nobody, Reference, Password + "x")
        );
    }

    [Fact]
    public void A_hash_names_its_cost_and_never_comes_twice()
    {
        var hash = Hasher.HashPassword(Nobody, Password);
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash, StringComparison.Ordinal);
        Assert.NotEqual(hash, Hasher.HashPassword(Nobody, Password));
        Assert.Equal(
            PasswordVerificationResult.Success,
            Hasher.VerifyHashedPassword(Nobody, hash, Password)
        );
    }

    [Fact]
    public void Composed_and_decomposed_forms_are_the_same_password()
    {
        var hash = Hasher.HashPassword(Nobody, "caf\u00e9 und noch viel mehr");
        Assert.Equal(
            PasswordVerificationResult.Success,
            Hasher.VerifyHashedPassword(Nobody, hash, "cafe\u0301 und noch viel mehr")
        );
    }

    [Fact]
    public void A_cheaper_hash_verifies_and_asks_to_be_renewed()
    {
        var cheap = Hasher.HashPassword(Nobody, Password);
        Assert.Equal(
            PasswordVerificationResult.SuccessRehashNeeded,
            With(19_456, 3).VerifyHashedPassword(Nobody, cheap, Password)
        );
        Assert.Equal(
            PasswordVerificationResult.SuccessRehashNeeded,
            With(24_000, 2).VerifyHashedPassword(Nobody, cheap, Password)
        );
    }

    [Fact]
    public void A_hash_of_Identitys_own_hasher_verifies_and_asks_to_be_renewed()
    {
        var old = new PasswordHasher<Account>().HashPassword(Nobody, Password);
        Assert.Equal(
            PasswordVerificationResult.SuccessRehashNeeded,
            Hasher.VerifyHashedPassword(Nobody, old, Password)
        );
        Assert.Equal(
            PasswordVerificationResult.Failed,
            Hasher.VerifyHashedPassword(Nobody, old, "another one")
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("$argon2id$v=19$")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA")]
    [InlineData(
        "$argon2id$v=19$m=99999999,t=2,p=1$c2l4dGVlbi1ieXRlLXNsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    [InlineData(
        "$argon2id$v=19$m=19456,t=4000000,p=1$c2l4dGVlbi1ieXRlLXNsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$????????????????????$!!!")]
    [InlineData("not a hash of any kind")]
    public void A_damaged_hash_fails_and_costs_nothing(string hash) =>
        Assert.Equal(
            PasswordVerificationResult.Failed,
            Hasher.VerifyHashedPassword(Nobody, hash, Password)
        );

    private static Argon2idPasswordHasher With(int memoryKiB, int passes) =>
        new(Options.Create(new Argon2idOptions { MemoryKiB = memoryKiB, Passes = passes }));
}
