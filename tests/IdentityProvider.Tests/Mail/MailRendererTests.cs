using System.Collections;
using System.Globalization;
using System.Resources;
using AngleSharp.Html.Parser;
using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI;
using IdP.UI.Branding;
using IdP.UI.Mail;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>What the mails say (requirements 4 and 15).</summary>
public sealed class MailRendererTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().BuildServiceProvider();

    public void Dispose() => services.Dispose();

    [Theory, ClassData(typeof(EveryMail))]
    public async Task A_mail_says_the_same_as_text_and_as_HTML(string kind, string language)
    {
        var mail = await RenderAsync(SampleMails.Make(kind, SampleMails.To(language)));
        var page = new HtmlParser().ParseDocument(mail.Html);
        var text = Joined(mail.Text);

        Assert.Equal(language, mail.Language);
        Assert.Equal(language, page.DocumentElement.GetAttribute("lang"));
        Assert.Equal(mail.Subject, page.Title);
        Assert.Contains("Kontoland", mail.Subject, StringComparison.Ordinal);
        foreach (var said in page.QuerySelectorAll("h1, h2, p:not(:has(a)), th, td:not(:has(*))"))
        {
            if (said.GetAttribute("aria-hidden") is null)
            {
                Assert.Contains(said.TextContent.Trim(), text, StringComparison.Ordinal);
            }
        }
    }

    [Theory, ClassData(typeof(EveryMail))]
    public async Task A_mail_loads_nothing_and_links_to_its_own_link_alone(string kind, string language)
    {
        var mail = await RenderAsync(SampleMails.Make(kind, SampleMails.To(language)));
        var page = new HtmlParser().ParseDocument(mail.Html);

        Assert.Empty(page.QuerySelectorAll("[src], [srcset], [background], link, script, img, form"));
        Assert.DoesNotContain("url(", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", mail.Html, StringComparison.OrdinalIgnoreCase);
        Assert.All(page.QuerySelectorAll("[href]"), a => Assert.Equal(SampleMails.Link, a.GetAttribute("href")));
        if (mail.Link is null)
        {
            Assert.DoesNotContain("https://", mail.Html + mail.Text, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains('\n' + SampleMails.Link + '\n', mail.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("en", "Saturday, 14 March 2026, 10:26 (Europe/Berlin)", "Firefox on Windows")]
    [InlineData("de", "Samstag, 14. März 2026, 10:26 (Europe/Berlin)", "Firefox auf Windows")]
    public async Task A_reset_mail_says_who_asked_when_from_where_and_until_when(
        string language,
        string when,
        string browser
    )
    {
        var mail = await RenderAsync(SampleMails.Reset(SampleMails.To(language)));
        var text = Joined(mail.Text);

        Assert.Contains("ada@example.test", text, StringComparison.Ordinal);
        Assert.Contains(when, text, StringComparison.Ordinal);
        Assert.Contains(browser, text, StringComparison.Ordinal);
        Assert.Contains("192.0.2.7", text, StringComparison.Ordinal);
        Assert.Contains(when.Replace("10:26", "11:26", StringComparison.Ordinal), text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Nowhere/Land")]
    public async Task Without_a_zone_a_time_is_in_UTC_and_says_so(string? zone)
    {
        var mail = await RenderAsync(SampleMails.Reset(SampleMails.To("en", zone: zone)));

        Assert.Contains("09:26 (UTC)", mail.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "en")]
    [InlineData("fr", "en")]
    [InlineData("de-AT", "de")]
    public async Task A_language_that_is_not_spoken_becomes_the_nearest_one(string? asked, string spoken)
    {
        var mail = await RenderAsync(SampleMails.Reset(SampleMails.To(asked)));

        Assert.Equal(spoken, mail.Language);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("Visit evil.example")]
    [InlineData("https://evil.example")]
    public async Task A_name_that_would_become_code_or_a_link_is_left_out(string name)
    {
        var mail = await RenderAsync(SampleMails.Reset(SampleMails.To("en", name)));

        Assert.DoesNotContain("evil", mail.Html + mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("alert", mail.Html + mail.Text, StringComparison.Ordinal);
        Assert.Contains("Hello,", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_escaped_and_stays_on_its_line()
    {
        var mail = await RenderAsync(SampleMails.Reset(SampleMails.To("en", "Ada <b>\r\nBcc: eve\u202e & Söhne")));

        Assert.Contains("Hello Ada <b> Bcc: eve & Söhne,", mail.Text, StringComparison.Ordinal);
        Assert.Null(new HtmlParser().ParseDocument(mail.Html).QuerySelector("b"));
        Assert.Equal("Ada <b> Bcc: eve & Söhne", mail.RecipientName);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public async Task A_code_stands_in_the_mail_and_not_in_its_subject(string language)
    {
        var mail = await RenderAsync(SampleMails.Make("address-code", SampleMails.To(language)));

        Assert.Contains("271828", mail.Text, StringComparison.Ordinal);
        Assert.Contains("271828", mail.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("271828", mail.Subject, StringComparison.Ordinal);
        Assert.Null(mail.Link);
    }

    [Theory]
    [InlineData(nameof(AddressChange.Confirmed), "remove addresses you do not know")]
    [InlineData(nameof(AddressChange.Removed), "remove addresses you do not know")]
    [InlineData(nameof(AddressChange.MadePrimary), "remove addresses you do not know")]
    public async Task A_mailbox_learns_that_an_address_changed_and_what_to_do_but_not_which_one(
        string change,
        string advice
    )
    {
        var mail = await RenderAsync(SampleMails.Make(change, SampleMails.To("en")));

        Assert.Contains("a•••@example.test", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("ada.home", mail.Text + mail.Html, StringComparison.Ordinal);
        Assert.Contains(advice, Joined(mail.Text), StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryMail))]
    public async Task The_text_is_wrapped_and_links_are_whole(string kind, string language)
    {
        var mail = await RenderAsync(SampleMails.Make(kind, SampleMails.To(language)));

        Assert.All(mail.Text.Split('\n'), line => Assert.True(line.Length <= 72 || line == SampleMails.Link, line));
    }

    [Fact]
    public void Every_text_of_a_mail_is_there_in_English_and_in_German()
    {
        var english = Keys("");
        Assert.NotEmpty(english);
        Assert.Equal(english, Keys("de"));
    }

    private Task<RenderedMail> RenderAsync(RecoveryMail mail) =>
        new MailRenderer(
            services.GetRequiredService<IServiceScopeFactory>(),
            NullLoggerFactory.Instance,
            Options.Create(new BrandingOptions { Name = "Kontoland" }),
            Options.Create(new OriginOptions { Origin = new Uri("https://login.example.test") })
        ).RenderAsync(mail);

    private static string Joined(string text) =>
        string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static List<string> Keys(string culture) =>
        [
            .. new ResourceManager("IdP.UI.Texts.MailText", typeof(Text).Assembly)
                .GetResourceSet(CultureInfo.GetCultureInfo(culture), createIfNotExists: true, tryParents: false)!
                .Cast<DictionaryEntry>()
                .Select(entry => (string)entry.Key)
                .Order(StringComparer.Ordinal),
        ];
}
