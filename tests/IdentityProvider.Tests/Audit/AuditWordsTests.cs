using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.UI;
using IdP.UI.Console;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Xunit;

namespace IdentityProvider.Tests.Audit;

/// <summary>Every event has its sentence, in every language.</summary>
public sealed partial class AuditWordsTests
{
    private const string Prefix = "Audit.Event.";

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    public void Every_type_has_a_sentence_and_every_sentence_a_type(string language)
    {
        var texts = Texts(language);

        Assert.DoesNotContain(AuditTypes.All, t => !texts.ContainsKey(Prefix + t));
        Assert.DoesNotContain(
            texts.Keys,
            k =>
                k.StartsWith(Prefix, StringComparison.Ordinal)
                && !AuditTypes.All.Any(t => k == Prefix + t || k.StartsWith($"{Prefix}{t}.", StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    public void Every_type_and_area_has_a_name_beside_its_code(string language)
    {
        var texts = Texts(language);

        Assert.DoesNotContain(AuditTypes.All, t => !texts.ContainsKey("Audit.Type." + t));
        Assert.DoesNotContain(AuditTypes.All, t => !texts.ContainsKey("Audit.Area." + AuditWords.Area(t)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("de")]
    public void Every_reason_has_words(string language)
    {
        var texts = Texts(language);

        Assert.NotEmpty(AuditReasons.All);
        Assert.DoesNotContain(
            AuditReasons.All,
            r => !texts.ContainsKey("Audit.Reason." + r) && !texts.ContainsKey("Audit.Factor." + r)
        );
    }

    [Theory]
    [InlineData("en", "password, two factors", "authenticator apps, passkeys", "Administrator")]
    [InlineData("de", "Passwort, zwei Faktoren", "Authenticator-Apps, Passkeys", "Administrator")]
    public void A_proof_and_a_reason_are_told_in_words(string language, string proof, string removed, string role)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            var words = Words();
            var reset = new AuditEvent
            {
                Type = AuditEventTypes.MfaReset,
                Reason = "totp passkeys",
                Proof = "pwd mfa",
            };
            Assert.Equal(proof, words.Proof(reset));
            Assert.Equal(removed, words.Reason(reset));
            Assert.Equal(role, words.ReasonWords("Administrator"));
            // The sentence says it already.
            Assert.Null(words.Reason(new AuditEvent { Type = AuditEventTypes.SignInFailed, Reason = "password" }));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public void A_sentence_names_the_same_people_in_every_language()
    {
        var german = Texts("de");
        foreach (var (key, english) in Texts("").Where(t => t.Key.StartsWith("Audit.", StringComparison.Ordinal)))
        {
            Assert.Equal(
                Places().Matches(english).Select(m => m.Value).Order(),
                Places().Matches(german[key]).Select(m => m.Value).Order()
            );
        }
    }

    [Theory]
    [InlineData("en", AuditEventTypes.ResetSent, null, "Ada Lovelace was sent a reset link")]
    [InlineData("de", AuditEventTypes.ResetSent, null, "Ada Lovelace hat einen Link zum Zurücksetzen bekommen")]
    [InlineData("en", AuditEventTypes.FactorAdded, "passkey", "Ada Lovelace set up a passkey")]
    [InlineData("de", AuditEventTypes.FactorAdded, "passkey", "Ada Lovelace hat einen Passkey eingerichtet")]
    [InlineData("en", AuditEventTypes.Unlocked, "administrator", "The command line unlocked Ada Lovelace")]
    [InlineData("en", AuditEventTypes.SignInFailed, "unheard-of", "A sign-in of Ada Lovelace failed")]
    [InlineData("en", "of.a-host", null, "of.a-host")]
    public async Task A_sentence_says_who_and_what(string language, string type, string? reason, string said)
    {
        var before = CultureInfo.CurrentUICulture;
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
        try
        {
            var words = Words();
            var audited = new AuditEvent
            {
                Type = type,
                AccountId = "ada",
                ActorId = "command-line",
                Reason = reason,
            };
            await words.LearnAsync([audited], TestContext.Current.CancellationToken);
            Assert.Equal(said, words.Sentence(audited));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public void Who_is_gone_and_who_was_never_known_have_words_too()
    {
        var words = Words();
        Assert.Equal("A deleted account", words.Name("somebody"));
        Assert.Equal("The application Help Centre", words.Name("client:help"));
        Assert.Equal("The application gone", words.Name("client:gone"));
        Assert.Equal("The first start in Development", words.Name("development"));
        Assert.Equal("The command line", words.Name("command-line"));
        var audited = new AuditEvent { Type = AuditEventTypes.FactorRemoved };
        Assert.Equal("Somebody removed a second factor", words.Sentence(audited));
        Assert.Equal("The service", words.Actor(audited));
    }

    [Fact]
    public void Every_type_has_an_icon_that_exists() =>
        Assert.All(
            AuditTypes.All,
            t => Assert.Contains(AuditWords.Icon(new AuditEvent { Type = t }), IdP.UI.TagHelpers.Icons.Names)
        );

    private static AuditWords Words()
    {
        var services = new ServiceCollection().AddLogging().AddLocalization().BuildServiceProvider();
        return new AuditWords(new Ada(), new OneApplication(), services.GetRequiredService<IStringLocalizer<Text>>());
    }

    private static Dictionary<string, string> Texts(string language) =>
        new ResourceManager("IdP.UI.Texts.Text", typeof(Text).Assembly)
            .GetResourceSet(CultureInfo.GetCultureInfo(language), createIfNotExists: true, tryParents: false)!
            .Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string)e.Value!);

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Places();

    private sealed class OneApplication : IRequestingClientSource
    {
        public ValueTask<RequestingClient?> FindAsync(HttpContext http, CancellationToken cancellationToken) =>
            ValueTask.FromResult<RequestingClient?>(null);

        public string? NameOf(string clientId) => clientId == "help" ? "Help Centre" : null;

        public string? ScopeNameOf(string scope) => null;
    }

    private sealed class Ada : IAccountNames
    {
        public Task<IReadOnlyDictionary<string, string>> FindAsync(
            IReadOnlyCollection<string> accountIds,
            CancellationToken cancellationToken
        ) =>
            Task.FromResult<IReadOnlyDictionary<string, string>>(
                accountIds.Contains("ada")
                    ? new Dictionary<string, string> { ["ada"] = "Ada Lovelace" }
                    : new Dictionary<string, string>()
            );
    }
}
