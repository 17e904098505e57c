using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 2, a job. Finds the account, mints the token and mails the link. It may run again after a crash: the same
/// token is sent until the mail server has accepted it, then only its hash is left.
/// </summary>
internal sealed class SendPasswordReset(
    UnitOfWork work,
    IAccounts accounts,
    PasswordResetTokens tokens,
    AuditLog audit,
    TellAdministrators others,
    IRecoveryMailer mailer,
    IRecoveryLinks links,
    RecoveryMetrics metrics,
    IOptions<AdministratorResetOptions> options
) : IOutboxHandler
{
    public const string Kind = "password-reset.send";

    private DbSet<PasswordResetRequest> Requests => work.Context.Set<PasswordResetRequest>();

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var request = await Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
        if (request is null || request.SentAt is not null || request.VoidedAt is not null)
        {
            return;
        }

        var account = await accounts.FindByAddressAsync(request.Address, cancellationToken);
        if (await WhyNotAsync(request, account, cancellationToken) is { } reason)
        {
            if (reason == "audience")
            {
                await mailer.SendAsync(
                    new RecoveryMail.OtherPortalReset(
                        await RecipientAsync(request, account!, cancellationToken),
                        account!.Audience,
                        links.RequestPasswordReset(account.Audience),
                        request.RequestedAt,
                        request.Origin
                    ),
                    request.Id.ToString("n"),
                    cancellationToken
                );
                metrics.Mailed(Kind);
            }

            await EndAsync(request, account, reason, cancellationToken);
        }
        else if (MustWait(request, account!))
        {
            await HoldAsync(request, account!, cancellationToken);
        }
        else if (await tokens.PrepareAsync(request, account!, cancellationToken) is { } link)
        {
            // Order: those who could stop it hear of it no later than the one who asked.
            await others.RunAsync(request, account!, cancellationToken);
            await mailer.SendAsync(
                Mail(request, await RecipientAsync(request, account!, cancellationToken), link),
                request.Id.ToString("n"),
                cancellationToken
            );
            metrics.Mailed(Kind);
            await MarkSentAsync(request, account!, cancellationToken);
        }
        else
        {
            await EndAsync(request, account, "late", cancellationToken);
        }
    }

    private bool MustWait(PasswordResetRequest request, RecoverableAccount account) =>
        account.Audience == Audience.Administrator
        && request is { Purpose: PasswordResetPurpose.Reset, ApprovedAt: null }
        && options.Value.Proof == AdministratorProof.Approval;

    // The approval adds this work again.
    private Task HoldAsync(
        PasswordResetRequest request,
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async inner =>
            {
                await Requests
                    .Where(r => r.Id == request.Id && r.HeldAt == null)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(r => r.HeldAt, work.Now).SetProperty(r => r.AccountId, account.Id),
                        inner
                    );
                await others.RunAsync(request, account, inner);
            },
            cancellationToken
        );

    private async Task<string?> WhyNotAsync(
        PasswordResetRequest request,
        RecoverableAccount? account,
        CancellationToken cancellationToken
    )
    {
        if (account is null)
        {
            return "unknown";
        }

        if (!account.EmailConfirmed)
        {
            return "unconfirmed";
        }

        if (account.Suspended)
        {
            return "suspended";
        }

        if (account.Audience != request.Audience)
        {
            return "audience";
        }

        var newerIsOut = await Requests.AnyAsync(
            r => r.AccountId == account.Id && r.SentAt != null && r.RequestedAt > request.RequestedAt,
            cancellationToken
        );
        return newerIsOut ? "superseded" : null;
    }

    // To the address that was asked for: the account's own, or a further one that is confirmed.
    private async Task<MailRecipient> RecipientAsync(
        PasswordResetRequest request,
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        request.Address == account.Address
            ? account.Recipient
            : account.RecipientAt(
                await work
                    .Context.Set<RecoveryAddress>()
                    .Where(a => a.Confirmed == request.Address)
                    .Select(a => a.Address)
                    .SingleAsync(cancellationToken)
            );

    private RecoveryMail Mail(PasswordResetRequest request, MailRecipient recipient, PreparedLink link)
    {
        var address = links.OpenPasswordReset(link.Token);
        return request.Purpose switch
        {
            PasswordResetPurpose.SetUp => new RecoveryMail.AccountSetUpLink(recipient, address, link.ExpiresAt),
            _ => new RecoveryMail.PasswordResetLink(
                recipient,
                address,
                link.ExpiresAt,
                request.RequestedAt,
                request.Origin,
                request.Audience
            ),
        };
    }

    private Task MarkSentAsync(
        PasswordResetRequest request,
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async token =>
            {
                await Requests
                    .Where(r => r.Id == request.Id)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.SentAt, work.Now).SetProperty(r => r.ProtectedToken, (string?)null),
                        token
                    );

                // Security: threat 14. Older links die once the newer one is out, save for one that its owner has
                // opened: a stranger who keeps asking must not break a reset half-way.
                await Requests
                    .Where(r =>
                        r.AccountId == account.Id
                        && r.Id != request.Id
                        && r.RequestedAt <= request.RequestedAt
                        && r.OpenedAt == null
                        && r.RedeemedAt == null
                        && r.VoidedAt == null
                    )
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.VoidedAt, work.Now)
                                .SetProperty(r => r.ProtectedToken, (string?)null),
                        token
                    );
                audit.Add(AuditEventTypes.ResetSent, account.Id, request.Origin, request.Id.ToString());
            },
            cancellationToken
        );

    private Task EndAsync(
        PasswordResetRequest request,
        RecoverableAccount? account,
        string reason,
        CancellationToken cancellationToken
    ) =>
        work.RunAsync(
            async token =>
            {
                await Requests
                    .Where(r => r.Id == request.Id)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.VoidedAt, work.Now)
                                .SetProperty(r => r.ProtectedToken, (string?)null),
                        token
                    );
                audit.Add(AuditEventTypes.ResetNotSent, account?.Id, request.Origin, request.Id.ToString(), reason);
            },
            cancellationToken
        );
}
