using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.UI.Mail;

/// <summary>A mail as a mail server gets it, save for the headers.</summary>
/// <param name="Language">Its language, BCP 47.</param>
/// <param name="RecipientName">The recipient's name where it is safe to repeat; null otherwise.</param>
/// <param name="Subject">One line, without anything that a stranger chose.</param>
/// <param name="Text">The plain text alternative, in lines of at most 72 characters but for links.</param>
/// <param name="Html">The HTML alternative, a whole document that loads nothing.</param>
/// <param name="Link">The link in it, if it has one.</param>
public sealed record RenderedMail(
    string Language,
    string? RecipientName,
    string Subject,
    string Text,
    string Html,
    Uri? Link
);

/// <summary>Writes the plugin's mails in the recipient's language, zone and the provider's look. Needs no request.</summary>
public sealed class MailRenderer
{
    private readonly IServiceScopeFactory scopes;
    private readonly ILoggerFactory loggers;
    private readonly MailComposer composer;
    private readonly MailColors colors;
    private readonly string brand;

    /// <summary>Made by the container.</summary>
    /// <param name="scopes">For what a component asks for.</param>
    /// <param name="loggers">For the component renderer.</param>
    /// <param name="branding">Name, accent and help.</param>
    /// <param name="origin">What the footer names.</param>
    public MailRenderer(
        IServiceScopeFactory scopes,
        ILoggerFactory loggers,
        IOptions<BrandingOptions> branding,
        IOptions<OriginOptions> origin
    )
    {
        ArgumentNullException.ThrowIfNull(branding);
        this.scopes = scopes;
        this.loggers = loggers;
        composer = new(branding, origin);
        brand = branding.Value.Name;
        var light = AccentColors.ForLight(branding.Value.Accent);
        var dark = AccentColors.ForDark(branding.Value.Accent);
        colors = new(light.Accent, light.OnAccent, dark.Accent, dark.OnAccent);
    }

    /// <summary>Writes a mail.</summary>
    /// <param name="mail">What it tells, and to whom.</param>
    public async Task<RenderedMail> RenderAsync(RecoveryMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var content = composer.Compose(mail);
        return new(
            content.Culture.Name,
            MailWords.PlainName(mail.To.DisplayName),
            content.Subject,
            MailPlainText.Write(content, brand),
            await HtmlAsync(content),
            content.Action?.Link
        );
    }

    private async Task<string> HtmlAsync(MailContent content)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var letter = await renderer.RenderComponentAsync<MailLetter>(
                ParameterView.FromDictionary(
                    new Dictionary<string, object?>
                    {
                        [nameof(MailLetter.Content)] = content,
                        [nameof(MailLetter.Brand)] = brand,
                        [nameof(MailLetter.Colors)] = colors,
                    }
                )
            );
            return letter.ToHtmlString();
        });
    }
}
