using System.Text;
using CsCheck;
using IdP.Recovery.Passwords;
using Microsoft.Extensions.Options;
using Xunit;

namespace Recovery.Tests.Passwords;

public sealed class PasswordPolicyTests
{
    private static readonly PasswordOwner Owner = new("marta.kowalczyk@example.test", "Marta Kowalczyk", false);
    private static readonly PasswordPolicy Policy = new(Options.Create(new PasswordPolicyOptions()));

    [Fact]
    public void Fifteen_characters_are_enough_where_the_password_is_the_only_factor()
    {
        Assert.Equal(new PasswordVerdict.TooShort(15), Policy.Judge("zk4 Qm9 vT2 xw", Owner));
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("zk4 Qm9 vT2 xw7", Owner));
    }

    [Fact]
    public void Eight_characters_are_enough_beside_a_second_factor()
    {
        var guarded = Owner with { HasSecondFactor = true };
        Assert.Equal(new PasswordVerdict.TooShort(8), Policy.Judge("zk4Qm9v", guarded));
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("zk4Qm9vT", guarded));
    }

    [Fact]
    public void Length_counts_characters_of_any_script_after_composition()
    {
        // A letter and its accent are one character when composed; an emoji is one, though two UTF-16 units.
        Assert.IsType<PasswordVerdict.TooShort>(
            Policy.Judge("ze\u0301kQm9vT2xwpR4", Owner with { HasSecondFactor = false })
        );
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("🦔 żółw 鯨 кит λύκος ☂ 9", Owner));
        Assert.IsType<PasswordVerdict.TooShort>(Policy.Judge("🦔🐢🐳🐺🦊🐙🦉🐝🐌🦎🐍🐊🦈🐬", Owner));
    }

    [Fact]
    public void One_hundred_twenty_eight_characters_are_accepted_and_one_more_is_not()
    {
        var longest = string.Concat(Enumerable.Range(0, 128).Select(i => (char)('!' + i * 37 % 90)));
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge(longest, Owner));
        Assert.Equal(new PasswordVerdict.TooLong(128), Policy.Judge(longest + "x", Owner));
        Assert.Equal(new PasswordVerdict.TooLong(128), Policy.Judge(new string('x', 5_000_000), Owner));
    }

    [Theory]
    [InlineData("passwordpassword")]
    [InlineData("iloveyou12345678")]
    [InlineData("monkeydragonletmein")]
    [InlineData("P@sswordP@ssword")]
    public void A_password_made_of_common_ones_is_refused_as_common(string password) =>
        Assert.IsType<PasswordVerdict.Common>(Policy.Judge(password, Owner));

    [Theory]
    [InlineData("aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("abcdefghijklmnopqr")]
    [InlineData("zxcvbnmasdfghjklzx")]
    [InlineData("kR7#mQ2xkR7#mQ2x")]
    [InlineData("ab12ab12ab12ab12")]
    [InlineData("p-a-s-s-w-o-r-d-1")]
    [InlineData("ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ")]
    public void Runs_and_repeats_are_refused_with_a_reason(string password) =>
        Assert.True(
            Policy.Judge(password, Owner) is PasswordVerdict.Predictable or PasswordVerdict.Common,
            "A run of neighbours must be refused."
        );

    [Theory]
    [InlineData("Marta.Kowalczyk1")]
    [InlineData("martakowalczyk!!!")]
    [InlineData("marta.kowalczyk.password")]
    [InlineData("marta.kowalczyk@example.test")]
    public void The_persons_own_name_and_address_are_refused(string password) =>
        Assert.IsType<PasswordVerdict.NamesOwner>(Policy.Judge(password, Owner));

    [Fact]
    public void The_services_name_is_refused()
    {
        var policy = new PasswordPolicy(
            Options.Create(new PasswordPolicyOptions { ServiceNames = ["Sturmvogel Bank"] })
        );
        Assert.IsType<PasswordVerdict.NamesService>(policy.Judge("sturmvogel bank1", Owner));
    }

    [Theory]
    [InlineData("zk4 Qm9 vT2\0xw7 rr")]
    [InlineData("zk4 Qm9 vT2\nxw7 rr")]
    [InlineData("zk4 Qm9 \u202EvT2 xw7 rr")]
    public void Control_characters_are_refused(string password) =>
        Assert.IsType<PasswordVerdict.InvalidCharacters>(Policy.Judge(password, Owner));

    [Fact]
    public void Half_a_character_is_refused() =>
        Assert.IsType<PasswordVerdict.InvalidCharacters>(Policy.Judge("zk4 Qm9 vT2 xw7 \ud800", Owner));

    [Fact]
    public void A_good_end_makes_up_for_a_dull_beginning() =>
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge(new string('a', 100) + "kR7#mQ2xW9pLzv@", Owner));

    [Fact]
    public void There_are_no_rules_of_composition()
    {
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("otter velvet cascade plume", Owner));
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("    gannet     thimble    ", Owner));
    }

    [Fact]
    public void Whatever_is_accepted_is_long_enough_valid_and_not_too_long() =>
        Gen.String[Gen.Char, 0, 160]
            .Sample(password =>
            {
                if (Policy.Judge(password, Owner) is not PasswordVerdict.Accepted)
                {
                    return;
                }

                var length = password.Normalize(NormalizationForm.FormC).EnumerateRunes().Count();
                Assert.InRange(length, 15, 128);
                Assert.DoesNotContain(password, char.IsControl);
            });
}
