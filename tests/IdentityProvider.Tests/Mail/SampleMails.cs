using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>One mail of each case of the closed record, to a person in either language.</summary>
internal static class SampleMails
{
    public const string Link = "https://login.example.test/reset/open?token=Qm9ndXMtdG9rZW4tZm9yLXRlc3Rz";

    public static readonly Requester Origin = new("192.0.2.7", "Firefox on Windows");

    private static readonly DateTimeOffset At = new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero);

    public static MailRecipient To(string? language, string? name = "Ada Winter", string? zone = "Europe/Berlin") =>
        new("ada@example.test", name, language, zone);

    public static RecoveryMail Make(string kind, MailRecipient to) =>
        kind switch
        {
            "reset" => Reset(to, Audience.User),
            "reset-administrator" => Reset(to, Audience.Administrator),
            "set-up" => new RecoveryMail.AccountSetUpLink(to, new Uri(Link), At.AddHours(24)),
            "changed" => new RecoveryMail.PasswordChanged(to, At, Origin, new Uri(Link), At.AddDays(7)),
            "locked" => Locked(to, FactorKind.Password, LockReach.OtherBrowsers, new Uri(Link)),
            "locked-factor" => Locked(to, FactorKind.Totp, LockReach.OneKnownBrowser, new Uri(Link)),
            "locked-session" => Locked(to, FactorKind.Totp, LockReach.Everywhere, new Uri(Link), inSession: true),
            "locked-late" => Locked(to, FactorKind.Password, LockReach.Everywhere, null),
            "other-portal" => new RecoveryMail.OtherPortalReset(
                to,
                Audience.Administrator,
                new Uri("https://login.example.test/reset/administrator"),
                At,
                Origin
            ),
            "administrator-reset" => new RecoveryMail.AdministratorResetPending(
                to,
                "grace@example.test",
                At,
                Origin,
                new Uri(Link),
                new Uri("https://login.example.test/admin/approvals#1"),
                At.AddHours(24)
            ),
            "administrator-reset-done" => new RecoveryMail.AdministratorResetDone(
                to,
                "grace@example.test",
                At,
                Origin,
                new Uri(Link),
                At.AddHours(72)
            ),
            "administrator-reset-stopped" => Stopped(to, own: false),
            "administrator-reset-stopped-own" => Stopped(to, own: true),
            "administrator-reset-waiting" => new RecoveryMail.AdministratorResetWaiting(
                to,
                At,
                Origin,
                At.AddHours(24),
                TimeSpan.FromHours(48),
                new Uri(Link)
            ),
            "mfa-reset-waiting" => new RecoveryMail.MfaResetWaiting(
                to,
                "ben@example.test",
                At,
                At.AddHours(24),
                new Uri(Link)
            ),
            "mfa-reset-pending" => new RecoveryMail.MfaResetPending(
                to,
                "grace@example.test",
                "ben@example.test",
                At,
                At.AddHours(24),
                new Uri(Link)
            ),
            "services-behind" => new RecoveryMail.ServicesBehind(
                to,
                At,
                ["Directory of Berlin"],
                ["Mailboxes", "Wiki"],
                new Uri(Link)
            ),
            "mfa-reset-declined" => new RecoveryMail.MfaResetDeclined(to, "grace@example.test", "ben@example.test", At),
            "address-code" => new RecoveryMail.AddressCode(to, "271828", At.AddMinutes(10), At, Origin),
            "address-taken" => new RecoveryMail.AddressTaken(to, At, Origin),
            _ when Enum.TryParse<AddressChange>(kind, out var change) => new RecoveryMail.AddressChanged(
                to,
                change,
                "ada.home@example.test",
                At,
                Origin,
                new Uri(Link)
            ),
            _ when Enum.TryParse<FactorChange>(kind, out var change) => new RecoveryMail.FactorChanged(
                to,
                change,
                At,
                Origin
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    private static RecoveryMail.AdministratorResetStopped Stopped(MailRecipient to, bool own) =>
        new(to, "grace@example.test", "ben@example.test", own, At, Origin);

    private static RecoveryMail.AccountLocked Locked(
        MailRecipient to,
        FactorKind factor,
        LockReach reach,
        Uri? unlock,
        bool inSession = false
    ) =>
        new(
            to,
            factor,
            inSession,
            At,
            At.AddMinutes(15),
            reach,
            Origin,
            unlock,
            unlock is null ? new Uri(Link) : new Uri("https://login.example.test/reset/user")
        );

    public static RecoveryMail.PasswordResetLink Reset(MailRecipient to, Audience audience = Audience.User) =>
        new(to, new Uri(Link), At.AddMinutes(60), At, Origin, audience);
}

/// <summary>Each kind in each language.</summary>
public sealed class EveryMail : TheoryData<string, string>
{
    /// <summary>Each kind in each language.</summary>
    public EveryMail()
    {
        foreach (var language in (string[])["en", "de"])
        {
            foreach (
                var kind in (string[])
                    [
                        "reset",
                        "reset-administrator",
                        "set-up",
                        "changed",
                        "locked",
                        "locked-factor",
                        "locked-session",
                        "locked-late",
                        "administrator-reset",
                        "administrator-reset-done",
                        "administrator-reset-waiting",
                        "administrator-reset-stopped",
                        "administrator-reset-stopped-own",
                        nameof(FactorChange.Renamed),
                        nameof(FactorChange.PasskeyCopied),
                        "mfa-reset-waiting",
                        "mfa-reset-pending",
                        "mfa-reset-declined",
                        "services-behind",
                        "address-code",
                        "address-taken",
                        nameof(AddressChange.Confirmed),
                        nameof(AddressChange.Removed),
                        nameof(AddressChange.MadePrimary),
                    ]
            )
            {
                Add(kind, language);
            }
        }
    }
}
