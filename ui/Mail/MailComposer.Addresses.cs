using IdP.Recovery.Ports;
using IdP.UI.Input;

namespace IdP.UI.Mail;

/// <summary>The mails about an account's addresses.</summary>
internal sealed partial class MailComposer
{
    private MailContent AddressCode(MailWords words, RecoveryMail.AddressCode mail) =>
        Letter(
            words,
            mail.To,
            "AddressCode",
            [words["AddressCode.Lead", branding.Name], words["AddressCode.Once"]],
            [
                new(words["Fact.Code"], mail.Code),
                new(words["Fact.CodeUntil"], words.Time(mail.ExpiresAt)),
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ],
            addressed: "Fact.Address"
        );

    private MailContent AddressTaken(MailWords words, RecoveryMail.AddressTaken mail) =>
        Letter(
            words,
            mail.To,
            "AddressTaken",
            [words["AddressTaken.Lead"]],
            [
                new(words["Fact.Requested"], words.Time(mail.RequestedAt)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ]
        );

    // The address is masked: a mailbox that no longer counts need not learn the one that took its place.
    private MailContent AddressChanged(MailWords words, RecoveryMail.AddressChanged mail) =>
        Letter(
            words,
            mail.To,
            $"AddressChanged.{mail.Change}",
            [words[$"AddressChanged.{mail.Change}.Lead", MaskedAddress.Of(mail.Address)]],
            [
                new(words["Fact.At"], words.Time(mail.At)),
                new(words["Fact.From"], words.Requester(mail.From, branding.Name)),
            ],
            ifNotYou: words["AddressChanged.IfNotYou"]
        ) with
        {
            Action = Action(words, "AddressChanged.Action", mail.AddressesLink),
        };
}
