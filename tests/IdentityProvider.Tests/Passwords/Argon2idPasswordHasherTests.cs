using IdentityProvider.Accounts;
using IdentityProvider.Passwords;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
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
        Assert.Equal(PasswordVerificationResult.Success, Hasher.VerifyHashedPassword(Nobody, Reference, Password));
        Assert.Equal(PasswordVerificationResult.Failed, Hasher.VerifyHashedPassword(Nobody, Reference, Password + "x"));
    }

    [Fact]
    public void A_dearer_hash_of_another_password_made_by_the_reference_program_verifies()
    {
        // printf 'pässword with späces 12' | argon2 another-16b-salt -id -t 3 -k 65536 -p 1 -l 32 -e
        const string Reference =
            "$argon2id$v=19$m=65536,t=3,p=1$YW5vdGhlci0xNmItc2FsdA$pTm7k93cZ6idF9ZMmMeHaXsHeT/a9gEHnqscXxr6bFA";
        Assert.Equal(
            PasswordVerificationResult.Success,
            Hasher.VerifyHashedPassword(Nobody, Reference, "p\u00e4ssword with spa\u0308ces 12")
        );
    }

    [Fact]
    public void A_hash_names_its_cost_and_never_comes_twice()
    {
        var hash = Hasher.HashPassword(Nobody, Password);
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash, StringComparison.Ordinal);
        Assert.NotEqual(hash, Hasher.HashPassword(Nobody, Password));
        Assert.Equal(PasswordVerificationResult.Success, Hasher.VerifyHashedPassword(Nobody, hash, Password));
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
        Assert.Equal(PasswordVerificationResult.Failed, Hasher.VerifyHashedPassword(Nobody, old, "another one"));
    }

    // Made by Node's crypto.pbkdf2Sync: format 2 (SHA-1, 1000 times) and format 3 (SHA-256, 10 000 times).
    [Theory]
    [InlineData("AHNpeHRlZW4tYnl0ZS1zbHS6qLnZZ2XPB/UZExWb7xy08s94XHaYYQ/nBqaf07nsSQ==")]
    [InlineData("AQAAAAEAACcQAAAAEHNpeHRlZW4tYnl0ZS1zbHTyPHFbM7jOEZNhmHT1rBwO7d65ZCbWSgPNTotgiAiMBg==")]
    public void Older_formats_of_Identity_verify_and_ask_to_be_renewed(string old)
    {
        Assert.Equal(
            PasswordVerificationResult.SuccessRehashNeeded,
            Hasher.VerifyHashedPassword(Nobody, old, Password)
        );
        Assert.Equal(PasswordVerificationResult.Failed, Hasher.VerifyHashedPassword(Nobody, old, "another one"));
    }

    [Theory]
    [InlineData("caf\u00e9 und noch viel mehr")]
    [InlineData("cafe\u0301 und noch viel mehr")]
    public void Identity_hashed_what_was_typed_and_it_verifies_as_it_was_typed(string typed)
    {
        var old = new PasswordHasher<Account>().HashPassword(Nobody, typed);
        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, Hasher.VerifyHashedPassword(Nobody, old, typed));
    }

    [Fact]
    public void A_hash_of_Identity_whose_count_was_tampered_with_fails_and_costs_nothing() =>
        // Two billion iterations: without the bound this test does not end.
        Assert.Equal(
            PasswordVerificationResult.Failed,
            Hasher.VerifyHashedPassword(
                Nobody,
                "AQAAAAJ/////AAAAEHNpeHRlZW4tYnl0ZS1zbHQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
                Password
            )
        );

    [Fact]
    public void What_is_not_Unicode_is_neither_hashed_nor_taken_for_an_empty_password()
    {
        Assert.Throws<ArgumentException>(() => Hasher.HashPassword(Nobody, "\ud800"));
        string[] hashes = [Hasher.HashPassword(Nobody, ""), new PasswordHasher<Account>().HashPassword(Nobody, "")];
        Assert.All(
            hashes,
            hash => Assert.Equal(PasswordVerificationResult.Failed, Hasher.VerifyHashedPassword(Nobody, hash, "\ud800"))
        );
    }

    [Fact]
    public void A_megabyte_is_no_password()
    {
        var megabyte = new string('x', 1_000_000);
        Assert.Throws<ArgumentException>(() => Hasher.HashPassword(Nobody, megabyte));
        Assert.Equal(
            PasswordVerificationResult.Failed,
            Hasher.VerifyHashedPassword(Nobody, Hasher.HashPassword(Nobody, ""), megabyte)
        );
    }

    [Fact]
    public void A_hash_cut_short_anywhere_fails()
    {
        var hash = Hasher.HashPassword(Nobody, Password);
        Assert.All(
            Enumerable.Range(0, hash.Length),
            length =>
                Assert.Equal(
                    PasswordVerificationResult.Failed,
                    Hasher.VerifyHashedPassword(Nobody, hash[..length], Password)
                )
        );
    }

    [Theory]
    [InlineData("MemoryKiB", "19455")]
    [InlineData("MemoryKiB", "10485760")]
    [InlineData("Passes", "1")]
    public void A_cost_out_of_range_is_named_before_the_first_hash(string option, string value)
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new($"Argon2id:{option}", value)])
            .Build();
        services.AddPasswordHashing(configuration);
        using var provider = services.BuildServiceProvider();
        var refused = Assert.Throws<OptionsValidationException>(() =>
            provider.GetRequiredService<IPasswordHasher<Account>>()
        );
        Assert.Contains($"Argon2id:{option} must be", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$argon2id$v=19$")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$c2l4dGVlbi1ieXRlLXNsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData(
        "$argon2id$v=19$m=19456,t=4000000,p=1$c2l4dGVlbi1ieXRlLXNsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$????????????????????$!!!")]
    [InlineData("not a hash of any kind")]
    public void A_damaged_hash_fails_and_costs_nothing(string hash) =>
        Assert.Equal(PasswordVerificationResult.Failed, Hasher.VerifyHashedPassword(Nobody, hash, Password));

    private static Argon2idPasswordHasher With(int memoryKiB, int passes) =>
        new(Options.Create(new Argon2idOptions { MemoryKiB = memoryKiB, Passes = passes }));
}
