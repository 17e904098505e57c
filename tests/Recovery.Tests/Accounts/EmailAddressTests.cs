using CsCheck;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Accounts;

/// <summary>What may name an account, and all that may not (threat 3).</summary>
public sealed class EmailAddressTests
{
    private static readonly Gen<string> Atom = Gen.Char[
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
        ]
        .Array[1, 20]
        .Select(c => new string(c));

    private static readonly Gen<string> Label = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"]
        .Array[1, 20]
        .Select(c => new string(c));

    private static readonly Gen<string> Address = Gen.Select(
        Atom.Array[1, 3],
        Label.Array[2, 4],
        (local, domain) => $"{string.Join('.', local)}@{string.Join('.', domain)}"
    );

    // What has no place in an address: controls, white space, header and list separators, directions, look-alikes.
    private static readonly string[] Wrong =
    [
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\t",
        "\u00a0",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\u0430",
        "\uff41",
        "\uff20",
        "\u2024",
        "\u0131",
        "\u212a",
        "\ud800",
        "\U0001f600",
        ",",
        ";",
        "<",
        ">",
        "(",
        ")",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        "@",
    ];

    private static readonly Gen<string> Poison = Gen.Int[0, Wrong.Length - 1].Select(i => Wrong[i]);

    [Fact]
    public void A_well_formed_address_is_found_under_its_upper_case_form() =>
        Address.Sample(address => Assert.Equal(address.ToUpperInvariant(), EmailAddress.Normalize($"  {address} ")));

    [Fact]
    public void An_address_with_one_wrong_character_anywhere_is_none() =>
        Gen.Select(Address, Poison, Gen.Int[0, 60])
            .Sample(
                (address, poison, at) =>
                    Assert.Null(EmailAddress.Normalize(address.Insert(Math.Min(at, address.Length), poison)))
            );

    [Fact]
    public void Whatever_is_taken_fits_a_mail_header_and_a_column() =>
        Gen.String.Sample(text =>
        {
            if (EmailAddress.Normalize(text) is { } address)
            {
                Assert.InRange(address.Length, 3, EmailAddress.MaxLength);
                Assert.All(address, c => Assert.InRange(c, '!', '~'));
            }
        });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("ada")]
    [InlineData("@example.test")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@example..test")]
    [InlineData("ada..b@example.test")]
    [InlineData(".ada@example.test")]
    [InlineData("ada@-example.test")]
    [InlineData("ada@example.test.")]
    [InlineData("ada@example.test,eve@example.test")]
    [InlineData("ada@example.test eve@example.test")]
    [InlineData("ada@example.test\r\nBcc: eve@example.test")]
    [InlineData("[\"ada@example.test\",\"eve@example.test\"]")]
    [InlineData("ada@[127.0.0.1]")]
    [InlineData("\u0430da@example.test")]
    [InlineData("ada@ex\u0430mple.test")]
    public void What_is_not_an_address_is_none(string? text) => Assert.Null(EmailAddress.Normalize(text));

    [Fact]
    public void An_address_longer_than_mail_allows_is_none()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 60), 3)) + ".test";
        Assert.Null(EmailAddress.Normalize($"{new string('a', 65)}@example.test"));
        Assert.NotNull(EmailAddress.Normalize($"{new string('a', 64)}@{domain}"));
        Assert.Null(EmailAddress.Normalize($"{new string('a', 64)}@dddd.{domain}"));
        Assert.Null(EmailAddress.Normalize(new string('a', 1_000_000)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Asking_for_what_is_no_address_stores_and_mails_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync();

        await Gen.Select(Address, Poison, (address, poison) => address + poison + "x")
            .SampleAsync(
                async address => Assert.IsType<PasswordResetAnswer.NotAnAddress>(await host.RequestAsync(address)),
                iter: 50
            );
        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
        Assert.Empty(await host.RowsAsync<ResetRequest>());
        Assert.Empty(await host.RowsAsync<RequestLimit>());
        Assert.Empty(await host.RowsAsync<OutboxEntry>());
        Assert.Empty(await host.RowsAsync<AuditEvent>());
    }
}
