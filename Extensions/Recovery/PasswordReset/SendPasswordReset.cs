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
    IRecoveryLinks links,
    IOptions<AdministratorResetOptions> options,
    DevelopmentLog development,
    MailDesk desk
) : MailJob(desk)
{
    public const string Kind = "password-reset.send";

    private DbSet<ResetRequest> Requests => work.Context.Set<ResetRequest>();

    protected override async Task<ReadyMail?> PrepareAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var request = await Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
        if (request is null || request.SentAt is not null || request.VoidedAt is not null)
        {
            return null;
        }

        var account = await accounts.FindByAddressAsync(request.Address, cancellationToken);
        var reason = await WhyNotAsync(request, account, cancellationToken);
        if (reason == AuditReasons.WrongPortal)
        {
            return new(
                new RecoveryMail.OtherPortalReset(
                    await RecipientAsync(request, account!, cancellationToken),
                    account!.Audience,
                    links.ForgotPassword(account.Audience),
                    request.RequestedAt,
                    request.Requester
                ),
                request.Id.ToString("n")
            )
            {
                Mark = stop => EndAsync(request, account, reason, stop),
            };
        }

        if (reason is not null)
        {
            await EndAsync(request, account, reason, cancellationToken);
            return null;
        }

        if (account!.Audience == Audience.Administrator && options.Value.Waits(request))
        {
            await HoldAsync(request, account, cancellationToken);
            return null;
        }

        if (request.ApprovedAt + options.Value.Hold is { } due && due > work.Now)
        {
            await PutOffAsync(request, due, cancellationToken);
            return null;
        }

        if (await tokens.PrepareAsync(request, account, cancellationToken) is not { } link)
        {
            await EndAsync(request, account, AuditReasons.Late, cancellationToken);
            return null;
        }

        // Order: those who could stop it hear of it no later than the one who asked.
        await others.PendingAsync(request, account, cancellationToken);
        return new(
            Mail(request, await RecipientAsync(request, account, cancellationToken), link),
            request.Id.ToString("n")
        )
        {
            Mark = stop => MarkSentAsync(request, account, stop),
        };
    }

    // The approval adds this work again.
    private Task HoldAsync(ResetRequest request, RecoverableAccount account, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                await Requests
                    .Where(r => r.Id == request.Id && r.HeldAt == null)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(r => r.HeldAt, work.Now).SetProperty(r => r.AccountId, account.Id),
                        inner
                    );
                await others.PendingAsync(request, account, inner);
            },
            cancellationToken
        );

    private Task PutOffAsync(ResetRequest request, DateTimeOffset due, CancellationToken cancellationToken) =>
        work.RunAsync(
            _ =>
            {
                work.EnqueueLater(Kind, request.Id.ToString(), due);
                return Task.CompletedTask;
            },
            cancellationToken
        );

    private async Task<string?> WhyNotAsync(
        ResetRequest request,
        RecoverableAccount? account,
        CancellationToken cancellationToken
    )
    {
        if (account is null)
        {
            return AuditReasons.Unknown;
        }

        if (!account.EmailConfirmed)
        {
            return AuditReasons.Unconfirmed;
        }

        if (account.Suspended)
        {
            return AuditReasons.Suspended;
        }

        if (account.Audience != request.Audience)
        {
            return AuditReasons.WrongPortal;
        }

        var newerIsOut = await Requests.AnyAsync(
            r => r.AccountId == account.Id && r.SentAt != null && r.RequestedAt > request.RequestedAt,
            cancellationToken
        );
        return newerIsOut ? AuditReasons.Superseded : null;
    }

    // To the address that was asked for: the account's own, or a further one that is confirmed.
    private async Task<MailRecipient> RecipientAsync(
        ResetRequest request,
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

    private RecoveryMail Mail(ResetRequest request, MailRecipient recipient, PreparedLink link)
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
                request.Requester,
                request.Audience
            ),
        };
    }

    private Task MarkSentAsync(ResetRequest request, RecoverableAccount account, CancellationToken cancellationToken) =>
        work.RunAsync(
            async token =>
            {
                await Requests.Where(r => r.Id == request.Id).MarkSentAsync(work.Now, token);

                // Security: threat 14. Older links die once the newer one is out, save for one that its owner has
                // opened: a stranger who keeps asking must not break a reset half-way.
                await Requests
                    .Where(r =>
                        r.AccountId == account.Id
                        && r.Id != request.Id
                        && r.RequestedAt <= request.RequestedAt
                        && r.OpenedAt == null
                        && r.Purpose != PasswordResetPurpose.BreakGlass
                    )
                    .VoidAsync(work.Now, token);
                audit.Add(AuditEventTypes.ResetSent, account.Id, request.Requester, request.Id.ToString());
            },
            cancellationToken
        );

    private Task EndAsync(
        ResetRequest request,
        RecoverableAccount? account,
        string reason,
        CancellationToken cancellationToken
    )
    {
        development.NoMail(reason);
        return work.RunAsync(
            async token =>
            {
                await Requests.Where(r => r.Id == request.Id).VoidAsync(work.Now, token);
                audit.Add(AuditEventTypes.ResetNotSent, account?.Id, request.Requester, request.Id.ToString(), reason);
            },
            cancellationToken
        );
    }
}
