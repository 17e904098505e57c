using IdP.Recovery.Addresses;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Tells every other administrator that an administrator's reset is pending, each with a link of their own that stops
/// it. Security: a mailbox alone is enough for such a reset, so that those who could notice hear of it at once.
/// </summary>
public sealed class TellAdministrators(UnitOfWork work, IAccounts accounts, IOptions<AdministratorResetOptions> options)
{
    // As long as a request and its mail can live.
    private static readonly TimeSpan StopLinkLifetime = TimeSpan.FromHours(24);

    /// <summary>Adds the links and their work, once for a request.</summary>
    internal Task RunAsync(
        PasswordResetRequest request,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        if (account.Audience != Audience.Administrator || !options.Value.TellsOthers)
        {
            return Task.CompletedTask;
        }

        var subject = request.Id.ToString();
        return work.RunAsync(
            async inner =>
            {
                if (await work.Context.Set<MailedLink>().AnyAsync(l => l.SubjectId == subject, inner))
                {
                    return;
                }

                foreach (var other in await accounts.ListAdministratorsAsync(inner))
                {
                    if (other.Id == account.Id || other.Suspended || !other.EmailConfirmed)
                    {
                        continue;
                    }

                    var link = MailedLinks.Add(
                        work,
                        MailedLinkKind.StopReset,
                        other.Id,
                        subject,
                        request.Origin,
                        StopLinkLifetime
                    );
                    work.Enqueue(SendResetAlert.Kind, link.Id.ToString());
                }
            },
            cancellationToken
        );
    }
}

/// <summary>A job: mails one of them.</summary>
internal sealed class SendResetAlert(
    UnitOfWork work,
    IAccounts accounts,
    TellEveryAddress told,
    MailedLinks mailed,
    IRecoveryMailer mailer,
    IRecoveryLinks links,
    RecoveryMetrics metrics,
    IOptions<AdministratorResetOptions> options
) : IOutboxHandler
{
    public const string Kind = "administrator-reset.alert";

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        if (await mailed.PrepareAsync(id, cancellationToken) is not var (link, token))
        {
            return;
        }

        var requestId = Guid.Parse(link.SubjectId!);
        var request = await work
            .Context.Set<PasswordResetRequest>()
            .AsNoTracking()
            .SingleOrDefaultAsync(r => r.Id == requestId, cancellationToken);
        if (
            request?.AccountId is null
            || await accounts.FindAsync(request.AccountId, cancellationToken) is not { } subject
            || await accounts.FindAsync(link.AccountId, cancellationToken) is not { } other
            || await told.RecipientAsync(
                entry,
                other,
                link.At,
                cancellationToken,
                _ => MailedLinks.Copy(work, link).Id.ToString()
            )
                is not { } recipient
        )
        {
            return;
        }

        var waits =
            options.Value.Proof == AdministratorProof.Approval
            && request is { ApprovedAt: null, Purpose: PasswordResetPurpose.Reset };
        await mailer.SendAsync(
            new RecoveryMail.AdministratorResetPending(
                recipient,
                subject.Email,
                request.RequestedAt,
                request.Origin,
                links.StopReset(token),
                waits ? links.ApproveReset(request.Id) : null,
                waits ? request.RequestedAt + options.Value.Hold : request.ExpiresAt ?? link.ExpiresAt
            ),
            id.ToString("n"),
            cancellationToken
        );
        metrics.Mailed(Kind);
        told.Sent(other);
        await mailed.SentAsync(id, cancellationToken);
    }
}
