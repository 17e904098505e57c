using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;
using IdP.UI.Branding;
using Microsoft.Extensions.Options;

namespace IdP.UI.Mail;

/// <summary>Says each mail in the recipient's language: who asked, when, from where, until when, and what if not.</summary>
internal sealed partial class MailComposer(IOptions<BrandingOptions> branding, IOptions<OriginOptions> origin)
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
            RecoveryMail.FactorChanged changed => FactorChanged(words, changed),
            RecoveryMail.OtherPortalReset other => OtherPortal(words, other),
            RecoveryMail.AdministratorResetPending pending => AdministratorReset(words, pending),
            RecoveryMail.AdministratorResetDone done => AdministratorResetDone(words, done),
            RecoveryMail.AdministratorResetStopped stopped => AdministratorResetStopped(words, stopped),
            RecoveryMail.AdministratorResetWaiting waiting => AdministratorResetWaiting(words, waiting),
            RecoveryMail.Enrollment enrollment => Enrollment(words, enrollment),
            RecoveryMail.AddressCode code => AddressCode(words, code),
            RecoveryMail.AddressTaken taken => AddressTaken(words, taken),
            RecoveryMail.AddressChanged changed => AddressChanged(words, changed),
            RecoveryMail.ServicesBehind behind => ServicesBehind(words, behind),
            RecoveryMail.MfaReset reset => MfaReset(words, reset),
            RecoveryMail.MfaResetWaiting waits => MfaResetWaiting(words, waits),
            RecoveryMail.MfaResetPending pending => MfaResetPending(words, pending),
            RecoveryMail.MfaResetDeclined declined => MfaResetDeclined(words, declined),
            _ => throw new InvalidOperationException($"No mail is written for {mail.GetType().Name}."),
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
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
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
        };

    private MailContent Changed(MailWords words, RecoveryMail.PasswordChanged mail) =>
        Letter(
            words,
            mail.To,
            "PasswordChanged",
            [words["PasswordChanged.Lead"]],
            [
                new(words["Fact.Changed"], words.Time(mail.ChangedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
                new(words["Fact.LinkUntil"], words.Time(mail.NotMeExpiresAt)),
            ]
        ) with
        {
            Action = Action(words, "PasswordChanged.Action", mail.NotMeLink) with { AnswersIfNotYou = true },
        };

    private MailContent Locked(MailWords words, RecoveryMail.AccountLocked mail)
    {
        var byPassword = mail.Factor == FactorKind.Password;
        return Letter(
            words,
            mail.To,
            "AccountLocked",
            [
                words[$"AccountLocked.Lead.{mail.Reach}"],
                words[
                    byPassword ? "AccountLocked.Password"
                    : mail.InSession ? "AccountLocked.Session"
                    : "AccountLocked.Factor"
                ],
                .. mail.UnlockLink is null ? (string[])[] : [words["AccountLocked.Link"]],
            ],
            [
                new(words["Fact.Locked"], words.Time(mail.LockedAt)),
                new(words["Fact.LockedUntil"], words.Time(mail.LockedUntil)),
                new(words["Fact.LockedFrom"], words.Requester(mail.From, branding.Name)),
            ],
            ifNotYou: byPassword
                ? null
                : words[
                    mail.InSession ? "AccountLocked.IfNotYouSession" : "AccountLocked.IfNotYouFactor",
                    mail.ResetPage
                ]
        ) with
        {
            Action = mail.UnlockLink is { } unlock
                ? Action(words, "AccountLocked.Action", unlock)
                : Action(words, "AccountLocked.ActionReset", mail.ResetPage),
        };
    }

    private MailContent FactorChanged(MailWords words, RecoveryMail.FactorChanged mail) =>
        Letter(
            words,
            mail.To,
            $"FactorChanged.{mail.Change}",
            [words[$"FactorChanged.{mail.Change}.Lead"]],
            [
                new(words["Fact.At"], words.Time(mail.At)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ],
            ifNotYou: words["FactorChanged.IfNotYou"]
        ) with
        {
            Action = mail.Mend is { } page ? Action(words, $"FactorChanged.{mail.Change}.Action", page) : null,
        };

    private MailContent OtherPortal(MailWords words, RecoveryMail.OtherPortalReset mail) =>
        Letter(
            words,
            mail.To,
            "OtherPortal",
            [words[$"OtherPortal.Lead{mail.Audience}"]],
            [
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ]
        ) with
        {
            Action = Action(words, $"OtherPortal.Action{mail.Audience}", mail.RequestPage),
        };

    private MailContent AdministratorReset(MailWords words, RecoveryMail.AdministratorResetPending mail)
    {
        var who = mail.Administrator;
        return Letter(
            words,
            mail.To,
            "AdministratorReset",
            mail.ApproveLink is { } approve
                ? [words["AdministratorReset.Lead", who], words["AdministratorReset.LeadApprove", approve]]
                : [words["AdministratorReset.Lead", who]],
            [
                new(words["Fact.Administrator"], who),
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
                new(words["Fact.RequestUntil"], words.Time(mail.Until)),
            ],
            ifNotYou: words["AdministratorReset.IfNotYou", who]
        ) with
        {
            Action = Action(words, "AdministratorReset.ActionStop", mail.StopLink),
        };
    }

    private MailContent AdministratorResetDone(MailWords words, RecoveryMail.AdministratorResetDone mail)
    {
        var who = mail.Administrator;
        return Letter(
            words,
            mail.To,
            "AdministratorResetDone",
            [words["AdministratorResetDone.Lead", who]],
            [
                new(words["Fact.Administrator"], who),
                new(words["Fact.At"], words.Time(mail.At)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
                new(words["Fact.StopUntil"], words.Time(mail.Until)),
            ],
            ifNotYou: words["AdministratorResetDone.IfNotYou", who]
        ) with
        {
            Action = Action(words, "AdministratorResetDone.ActionStop", mail.StopLink),
        };
    }

    private MailContent AdministratorResetStopped(MailWords words, RecoveryMail.AdministratorResetStopped mail) =>
        Letter(
            words,
            mail.To,
            "AdministratorResetStopped",
            [
                words[
                    mail.Own ? "AdministratorResetStopped.LeadOwn" : "AdministratorResetStopped.Lead",
                    mail.Administrator,
                    mail.StoppedBy
                ],
            ],
            [
                new(words["Fact.Administrator"], mail.Administrator),
                new(words["Fact.At"], words.Time(mail.At)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ],
            ifNotYou: words[
                mail.Own ? "AdministratorResetStopped.IfItWasYou" : "AdministratorResetStopped.IfNotYou",
                mail.StoppedBy
            ]
        );

    private MailContent AdministratorResetWaiting(MailWords words, RecoveryMail.AdministratorResetWaiting mail) =>
        Letter(
            words,
            mail.To,
            "AdministratorResetWaiting",
            mail.Hold > TimeSpan.Zero
                ?
                [
                    words["AdministratorResetWaiting.Lead"],
                    words["AdministratorResetWaiting.Hold", words.Duration(mail.Hold)],
                ]
                : [words["AdministratorResetWaiting.Lead"]],
            [
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
                new(words["Fact.RequestUntil"], words.Time(mail.Until)),
            ]
        ) with
        {
            Action = Action(words, "AdministratorResetWaiting.Action", mail.CancelLink),
        };

    private MailContent Enrollment(MailWords words, RecoveryMail.Enrollment mail) =>
        Letter(
            words,
            mail.To,
            $"Enrollment.{mail.News}",
            [words[$"Enrollment.{mail.News}.Lead"]],
            [
                new(
                    words[mail.News == EnrollmentNews.Expired ? "Fact.EnrollEnded" : "Fact.EnrollUntil"],
                    words.Time(mail.EndsAt)
                ),
            ],
            ifNotYou: words["Enrollment.IfNotYou"]
        ) with
        {
            Action = mail.News == EnrollmentNews.Expired ? null : Action(words, "Enrollment.Action", mail.EnrollLink),
        };

    private MailContent MfaReset(MailWords words, RecoveryMail.MfaReset mail) =>
        Letter(
            words,
            mail.To,
            "MfaReset",
            [
                words["MfaReset.Lead"],
                words[
                    mail switch
                    {
                        { EnrollUntil: not null } => "MfaReset.LeadPeriod",
                        { MustEnroll: true } => "MfaReset.LeadNow",
                        _ => "MfaReset.LeadMay",
                    }
                ],
            ],
            [
                new(words["Fact.At"], words.Time(mail.At)),
                .. mail.EnrollUntil is { } until
                    ? new MailFact[] { new(words["Fact.EnrollUntil"], words.Time(until)) }
                    : [],
            ]
        ) with
        {
            Action = Action(words, "Enrollment.Action", mail.EnrollLink),
        };

    private MailContent MfaResetPending(MailWords words, RecoveryMail.MfaResetPending mail) =>
        Letter(
            words,
            mail.To,
            "MfaResetPending",
            [words["MfaResetPending.Lead", mail.AskedBy, mail.Administrator]],
            [
                new(words["Fact.Administrator"], mail.Administrator),
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.RequestUntil"], words.Time(mail.Until)),
            ],
            ifNotYou: words["MfaResetPending.IfNotYou", mail.Administrator]
        ) with
        {
            Action = Action(words, "MfaResetPending.Action", mail.DecideLink),
        };

    private MailContent MfaResetWaiting(MailWords words, RecoveryMail.MfaResetWaiting mail) =>
        Letter(
            words,
            mail.To,
            "MfaResetWaiting",
            [words["MfaResetWaiting.Lead", mail.AskedBy]],
            [
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.RequestUntil"], words.Time(mail.Until)),
            ],
            ifNotYou: words["MfaResetWaiting.IfNotYou", mail.AskedBy]
        ) with
        {
            Action = Action(words, "MfaResetWaiting.Action", mail.ObjectLink),
        };

    private MailContent MfaResetDeclined(MailWords words, RecoveryMail.MfaResetDeclined mail) =>
        Letter(
            words,
            mail.To,
            "MfaResetDeclined",
            [words["MfaResetDeclined.Lead", mail.DeclinedBy, mail.Administrator]],
            [new(words["Fact.Administrator"], mail.Administrator), new(words["Fact.At"], words.Time(mail.At))],
            ifNotYou: words["MfaResetDeclined.IfNotYou"]
        );

    private MailContent Letter(
        MailWords words,
        MailRecipient to,
        string kind,
        IReadOnlyList<string> paragraphs,
        IReadOnlyList<MailFact> facts,
        string? ifNotYou = null,
        string addressed = "Fact.Account"
    ) =>
        new()
        {
            Culture = words.Culture,
            Subject = words[$"{kind}.Subject", branding.Name],
            Greeting = words.Greeting(to.DisplayName),
            Heading = words[$"{kind}.Heading"],
            Paragraphs = paragraphs,
            Facts = [new(words[addressed], to.Address), .. facts],
            IfNotYou = new(
                words.Find($"{kind}.IfNotYouHeading") ?? words["IfNotYou.Heading"],
                ifNotYou ?? words[$"{kind}.IfNotYou"]
            ),
            Footer = words["Layout.Footer", branding.Name, origin.Value.Link("/").Host, to.Address],
            Help = branding.SupportUrl is { } help
                ? words["Layout.Help", help.ToString().Replace("mailto:", "", StringComparison.Ordinal)]
                : null,
        };

    private static MailAction Action(MailWords words, string text, Uri link) =>
        new(words[text], link, words["Layout.LinkFallback"], AnswersIfNotYou: false);
}
