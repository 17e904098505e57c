using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Tells every other administrator that an administrator's reset is pending, and that it is done, each with a link of
/// their own that stops it. Security: a mailbox alone is enough for such a reset, so that those who could notice hear of
/// it at once.
/// </summary>
public sealed class TellAdministrators(UnitOfWork work, IAccounts accounts, IOptions<AdministratorResetOptions> options)
{
    private readonly AdministratorResetOptions options = options.Value;

    /// <summary>Adds the links and their work, once for a request; one that waits is told to its own person too.</summary>
    internal Task PendingAsync(ResetRequest request, RecoverableAccount account, CancellationToken cancellationToken)
    {
        if (!IsTold(account))
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

                var lifetime = options.LongestPending + options.StopFor;
                foreach (var other in await OthersAsync(account, inner))
                {
                    Add(request, other, lifetime, SendResetAlert.Kind, request.Requester);
                }

                if (options.Waits(request))
                {
                    Add(request, account, options.LongestPending, SendResetWaiting.Kind, request.Requester);
                }
            },
            cancellationToken
        );
    }

    /// <summary>Adds them anew for a reset that is done, in its transaction.</summary>
    /// <param name="requester">Who set the password.</param>
    internal async Task DoneAsync(
        ResetRequest request,
        RecoverableAccount account,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!IsTold(account))
        {
            return;
        }

        foreach (var other in await OthersAsync(account, cancellationToken))
        {
            Add(request, other, options.StopFor, SendResetDone.Kind, requester);
        }
    }

    /// <summary>Tells everybody who could have done it, and the one whose account it is, that it was stopped.</summary>
    /// <param name="stopped">The event.</param>
    internal async Task StoppedAsync(
        AuditEvent stopped,
        RecoverableAccount account,
        CancellationToken cancellationToken
    )
    {
        foreach (var told in (await OthersAsync(account, cancellationToken)).Append(account))
        {
            SendResetStopped.Enqueue(work, stopped, told);
        }
    }

    private bool IsTold(RecoverableAccount account) =>
        account.Audience == Audience.Administrator && options.TellsOthers;

    private async Task<IEnumerable<RecoverableAccount>> OthersAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) =>
        (await accounts.ListAdministratorsAsync(cancellationToken)).Where(other =>
            other.Id != account.Id && other is { Suspended: false, EmailConfirmed: true }
        );

    private void Add(
        ResetRequest request,
        RecoverableAccount to,
        TimeSpan lifetime,
        string kind,
        Requester requester
    ) =>
        work.Enqueue(
            kind,
            MailedLinks
                .Add(work, MailedLinkKind.StopReset, to.Id, request.Id.ToString(), requester, lifetime)
                .Id.ToString()
        );
}
