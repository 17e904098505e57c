using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors;

/// <summary>Whatever happens to a factor is told to its owner (SP 800-63B-4, 4.6).</summary>
public sealed class SendFactorNoticeTests
{
    private static readonly Requester Origin = new("192.0.2.9", "Safari on iPhone");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AuditEventTypes.FactorAdded, AuditReasons.Totp, FactorChange.TotpAdded)]
    [InlineData(AuditEventTypes.FactorRemoved, AuditReasons.Totp, FactorChange.TotpRemoved)]
    [InlineData(AuditEventTypes.FactorAdded, AuditReasons.Passkey, FactorChange.PasskeyAdded)]
    [InlineData(AuditEventTypes.FactorRemoved, AuditReasons.Passkey, FactorChange.PasskeyRemoved)]
    [InlineData(AuditEventTypes.FactorTakenOver, AuditReasons.Totp, FactorChange.TakenOver)]
    [InlineData(AuditEventTypes.FactorRenamed, AuditReasons.Totp, FactorChange.Renamed)]
    [InlineData(AuditEventTypes.FactorRenamed, AuditReasons.Passkey, FactorChange.Renamed)]
    [InlineData(AuditEventTypes.RecoveryCodesCreated, null, FactorChange.RecoveryCodesCreated)]
    [InlineData(AuditEventTypes.RecoveryCodeUsed, null, FactorChange.RecoveryCodeUsed)]
    [InlineData(AuditEventTypes.FactorsRotated, null, FactorChange.Rotated)]
    [InlineData(AuditEventTypes.FactorRefused, AuditReasons.Totp, FactorChange.ProofFailed)]
    [InlineData(AuditEventTypes.FactorDisabled, AuditReasons.Totp, FactorChange.Disabled)]
    [InlineData(AuditEventTypes.FactorDisabled, AuditReasons.Password, FactorChange.PasswordDisabled)]
    public async Task The_mail_says_what_when_and_from_where(string type, string? reason, FactorChange change)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var ada = await host.CreateAccountAsync();
        await EnqueueAsync(host, ada.Id, type, reason);
        var at = host.Time.GetUtcNow();
        host.Time.Advance(TimeSpan.FromMinutes(1));

        await host.DrainAsync();

        var mail = host.Mails.Last<RecoveryMail.FactorChanged>();
        Assert.Equal((change, at, Origin), (mail.Change, mail.At, mail.From));
        Assert.Equal("ada@example.test", mail.To.Address);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mail_that_was_refused_is_sent_again_as_the_same_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var tried = new List<string>();
        host.Mails.Accepting = mail =>
        {
            tried.Add(mail.MessageId);
            if (tried.Count == 1)
            {
                throw new IOException("The mail server is away.");
            }
        };
        await EnqueueAsync(host, ada.Id, AuditEventTypes.FactorAdded, AuditReasons.Totp);

        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromHours(1));
        await host.DrainAsync();

        Assert.Equal(2, tried.Count);
        Assert.Single(tried.Distinct());
        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
        var told = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.NoticeSent);
        Assert.Equal((ada.Id, "factor.notice"), (told.AccountId, told.Reason));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_address_that_was_never_confirmed_is_told_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync(with: a => a.EmailConfirmed = false);
        await EnqueueAsync(host, ada.Id, AuditEventTypes.FactorAdded, AuditReasons.Totp);

        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_change_that_is_rolled_back_is_told_to_nobody(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            host.InScopeAsync(p =>
                p.GetRequiredService<UnitOfWork>()
                    .RunAsync(
                        _ =>
                        {
                            Add(p, ada.Id, AuditEventTypes.FactorAdded, AuditReasons.Totp);
                            throw new InvalidOperationException();
                        },
                        Cancelled
                    )
            )
        );
        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
        Assert.Empty(await host.RowsAsync<AuditEvent>());
    }

    private static Task EnqueueAsync(RecoveryHost host, string accountId, string type, string? reason) =>
        host.InScopeAsync(p =>
            p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    _ =>
                    {
                        Add(p, accountId, type, reason);
                        return Task.CompletedTask;
                    },
                    Cancelled
                )
        );

    private static void Add(IServiceProvider p, string accountId, string type, string? reason) =>
        SendFactorNotice.Enqueue(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<AuditLog>().Add(type, accountId, Origin, reason: reason)
        );
}
