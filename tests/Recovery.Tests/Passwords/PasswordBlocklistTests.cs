using System.Text;
using CsCheck;
using IdP.Recovery.Passwords;
using Microsoft.Extensions.Options;
using Xunit;

namespace Recovery.Tests.Passwords;

/// <summary>requirements.md 6: common passwords, patterns, the service's name and the person's own data.</summary>
public sealed class PasswordBlocklistTests
{
    private static readonly PasswordOwner Owner = new(
        "marta.kowalczyk@example.test",
        "Marta Kowalczyk",
        false
    );
    private static readonly PasswordPolicy Policy = new(
        Options.Create(new PasswordPolicyOptions { ServiceNames = ["Sturmvogel Bank"] })
    );
    private static readonly Gen<string> Word = Gen.String[Gen.Char['a', 'z'], 1, 14];

    [Theory]
    [InlineData("password1234567")]
    [InlineData("Password123!Password")]
    [InlineData("P@ssw0rd!P@ssw0rd!")]
    [InlineData("1qaz2wsx3edc4rfv")]
    [InlineData("iloveyouforever1")]
    [InlineData("p-a-s-s-w-o-r-d-1")]
    [InlineData("Summer2024Summer2024")]
    [InlineData("januaryfebruary")]
    [InlineData("ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ")]
    public void Common_words_padded_respelled_or_repeated_are_refused_as_common(string password) =>
        Assert.IsType<PasswordVerdict.Common>(Policy.Judge(password, Owner));

    [Theory]
    [InlineData("aaaaaaaaaaaaaaa")]
    [InlineData("aaaabbbbccccdddd")]
    [InlineData("11112222333344445")]
    [InlineData("abcabcabcabcabcabcX")]
    [InlineData("kR7#mQ2xkR7#mQ2x")]
    [InlineData("kR7#mQ2 kR7#mQ2")]
    [InlineData("abcdefghijklmnop")]
    [InlineData("абвгдежзиклмноп")]
    [InlineData("qwertyuiop[]asdfghjkl;'")]
    [InlineData("üpoiuztrewqäölkjhg")]
    [InlineData("🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔🦔")]
    public void Repeats_sequences_and_keyboard_walks_are_refused_as_predictable(string password) =>
        Assert.IsType<PasswordVerdict.Predictable>(Policy.Judge(password, Owner));

    [Theory]
    [InlineData("Summer2024!")]
    [InlineData("passw0rd#1")]
    [InlineData("24121985")]
    [InlineData("qwertzui")]
    public void A_second_factor_makes_no_common_password_acceptable(string password) =>
        Assert.IsNotType<PasswordVerdict.Accepted>(
            Policy.Judge(password, Owner with { HasSecondFactor = true })
        );

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("thedogatemyhomework")]
    [InlineData("x7#kq0!mzpw9Lr2")]
    [InlineData("мой дядя самых честных правил")]
    [InlineData("我昨天在公园里看见了三只猫和五只狗")]
    [InlineData("👩‍👩‍👧‍👦 zuhause am See 7")]
    public void Phrases_of_any_script_are_accepted(string password) =>
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge(password, Owner));

    [Fact]
    public void A_good_end_makes_up_for_a_dull_beginning() =>
        Assert.IsType<PasswordVerdict.Accepted>(
            Policy.Judge(new string('a', 100) + "kR7#mQ2xW9pLzv@", Owner)
        );

    [Theory]
    [InlineData("marta.kowalczyk.password")]
    [InlineData("m4rta k0walczyk 2026")]
    [InlineData("MÁRTA-KOWALCZYK-17")]
    [InlineData("kowalczykkowalczyk")]
    [InlineData("example.test.site")]
    public void The_owners_name_and_address_do_not_count_towards_the_length(string password) =>
        Assert.IsType<PasswordVerdict.NamesOwner>(Policy.Judge(password, Owner));

    [Theory]
    [InlineData("Sturmvogel-Bank!")]
    [InlineData("my SturmvogelBank pass")]
    [InlineData("sturmv0gel bank 2026")]
    public void The_services_name_does_not_count_towards_the_length(string password) =>
        Assert.IsType<PasswordVerdict.NamesService>(Policy.Judge(password, Owner));

    [Fact]
    public void A_name_inside_a_password_that_is_long_enough_without_it_does_no_harm()
    {
        var mark = new PasswordOwner("mark@example.test", "Mark", false);
        Assert.IsType<PasswordVerdict.Accepted>(Policy.Judge("remarkable horse pasture", mark));
    }

    [Fact]
    public void What_is_left_without_the_name_is_judged_like_any_password() =>
        Assert.IsType<PasswordVerdict.Common>(Policy.Judge("marta passwordpassword", Owner));

    [Theory]
    [InlineData('\u202E')]
    [InlineData('\u2066')]
    [InlineData('\u0085')]
    [InlineData('\u007F')]
    public void Invisible_directions_and_controls_are_refused(char character) =>
        Assert.IsType<PasswordVerdict.InvalidCharacters>(
            Policy.Judge($"zk4 Qm9{character} vT2 xw7", Owner)
        );

    [Fact]
    public void A_piece_that_is_too_short_is_refused_however_often_it_comes() =>
        Gen.Select(Word, Gen.Int[2, 9])
            .Sample(
                (piece, times) =>
                {
                    var password = string.Concat(Enumerable.Repeat(piece, times));
                    Assert.IsNotType<PasswordVerdict.Accepted>(Policy.Judge(password, Owner));
                }
            );

    [Fact]
    public void The_name_saves_no_password_that_is_too_short_without_it() =>
        Gen.Select(
                Word,
                Gen.OneOf(Gen.Const("Marta"), Gen.Const("KOWALCZYK"), Gen.Const(Owner.Email))
            )
            .Sample(
                (own, name) =>
                    Assert.IsNotType<PasswordVerdict.Accepted>(Policy.Judge(own + name, Owner))
            );

    [Fact]
    public void Composed_and_decomposed_forms_get_the_same_answer() =>
        Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.Char['\u00C0', '\u017F']), 10, 30]
            .Sample(password =>
                Assert.Equal(
                    Policy.Judge(password, Owner),
                    Policy.Judge(password.Normalize(NormalizationForm.FormD), Owner)
                )
            );

    [Fact]
    public void Any_text_at_all_gets_an_answer() =>
        Gen.String[Gen.Char, 0, 200].Sample(password => Policy.Judge(password, Owner) is not null);
}
