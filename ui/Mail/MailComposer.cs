using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using Microsoft.Extensions.Options;

namespace IdP.UI.Mail;

/// <summary>Says each mail in the recipient's language: who asked, when, from where, until when, and what if not.</summary>
internal sealed class MailComposer(
    IOptions<BrandingOptions> branding,
    IOptions<OriginOptions> origin
)
{
    private readonly BrandingOptions branding = branding.Value;

    public MailContent Compose(RecoveryMail mail)
    {
        var words = new MailWords(mail.To);
        return mail switch
        {
            RecoveryMail.PasswordResetLink reset => ResetLink(words, reset),
            RecoveryMail.AccountSetUpLink setUp => SetUpLink(words, setUp),
            RecoveryMail.PasswordChanged changed => Changed(words, changed),
            RecoveryMail.AccountLocked locked => Locked(words, locked),
            _ => throw new InvalidOperationException(
                $"No mail is written for {mail.GetType().Name}."
            ),
        };
    }

    private MailContent ResetLink(MailWords words, RecoveryMail.PasswordResetLink mail) =>
        Letter(
            words,
            mail.To,
            "PasswordReset",
            [
                words[
                    mail.Audience == Audience.Administrator
                        ? "PasswordReset.LeadAdministrator"
                        : "PasswordReset.LeadUser"
                ],
                words["PasswordReset.Once"],
            ],
            [
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Origin(mail.From, branding.Name)),
                new(words["Fact.LinkUntil"], words.Time(mail.ExpiresAt)),
            ]
        ) with
        {
            Action = Action(words, "PasswordReset.Action", mail.Link),
        };

    private MailContent SetUpLink(MailWords words, RecoveryMail.AccountSetUpLink mail) =>
        Letter(
            words,
            mail.To,
            "AccountSetUp",
            [words["AccountSetUp.Lead", branding.Name], words["AccountSetUp.Once"]],
            [new(words["Fact.LinkUntil"], words.Time(mail.ExpiresAt))]
        ) with
        {
            Action = Action(words, "AccountSetUp.Action", mail.Link),
            IfNotYou = new(words["AccountSetUp.IfNotYouHeading"], words["AccountSetUp.IfNotYou"]),
        };

    private MailContent Changed(MailWords words, RecoveryMail.PasswordChanged mail) =>
        Letter(
            words,
            mail.To,
            "PasswordChanged",
            [words["PasswordChanged.Lead"]],
            [
                new(words["Fact.Changed"], words.Time(mail.ChangedAt)),
                new(words["Fact.From"], words.Origin(mail.From, branding.Name)),
                new(words["Fact.LinkUntil"], words.Time(mail.NotMeExpiresAt)),
            ]
        ) with
        {
            Action = Action(words, "PasswordChanged.Action", mail.NotMeLink) with
            {
                AnswersIfNotYou = true,
            },
        };

    private MailContent Locked(MailWords words, RecoveryMail.AccountLocked mail) =>
        Letter(
            words,
            mail.To,
            "AccountLocked",
            [words["AccountLocked.Lead"]],
            [
                new(words["Fact.Locked"], words.Time(mail.LockedAt)),
                new(words["Fact.LockedUntil"], words.Time(mail.LockedUntil)),
                new(words["Fact.LockedFrom"], words.Origin(mail.From, branding.Name)),
            ]
        );

    private MailContent Letter(
        MailWords words,
        MailRecipient to,
        string kind,
        IReadOnlyList<string> paragraphs,
        IReadOnlyList<MailFact> facts
    ) =>
        new()
        {
            Culture = words.Culture,
            Subject = words[$"{kind}.Subject", branding.Name],
            Greeting = words.Greeting(to.DisplayName),
            Heading = words[$"{kind}.Heading"],
            Paragraphs = paragraphs,
            Facts = [new(words["Fact.Account"], to.Address), .. facts],
            IfNotYou = new(words["IfNotYou.Heading"], words[$"{kind}.IfNotYou"]),
            Footer = words["Layout.Footer", branding.Name, origin.Value.Link("/").Host, to.Address],
            Help = branding.SupportUrl is { } help
                ? words[
                    "Layout.Help",
                    help.ToString().Replace("mailto:", "", StringComparison.Ordinal)
                ]
                : null,
        };

    private static MailAction Action(MailWords words, string text, Uri link) =>
        new(words[text], link, words["Layout.LinkFallback"], AnswersIfNotYou: false);
}
