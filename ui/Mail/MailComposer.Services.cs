using IdP.Recovery.Ports;

namespace IdP.UI.Mail;

/// <summary>What is said of services that follow an account.</summary>
internal sealed partial class MailComposer
{
    private MailContent ServicesBehind(MailWords words, RecoveryMail.ServicesBehind mail) =>
        Letter(
            words,
            mail.To,
            "ServicesBehind",
            [
                words["ServicesBehind.Lead"],
                .. mail.Waiting.Count > 0 ? (string[])[words["ServicesBehind.WaitingLead"]] : [],
                .. mail.Failed.Count > 0 ? (string[])[words["ServicesBehind.FailedLead"]] : [],
            ],
            [
                new(words["Fact.Changed"], words.Time(mail.ChangedAt)),
                .. Named(words["ServicesBehind.Waiting"], mail.Waiting),
                .. Named(words["ServicesBehind.Failed"], mail.Failed),
            ]
        ) with
        {
            Action = Action(words, "ServicesBehind.Action", mail.ServicesLink),
        };

    private static IEnumerable<MailFact> Named(string what, IReadOnlyList<string> services) =>
        services.Count > 0 ? [new(what, string.Join(", ", services))] : [];
}
