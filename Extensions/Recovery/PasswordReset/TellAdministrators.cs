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
    internal Task RunAsync(ResetRequest request, RecoverableAccount account, CancellationToken cancellationToken)
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
                        request.Requester,
                        StopLinkLifetime
                    );
                    work.Enqueue(SendResetAlert.Kind, link.Id.ToString());
                }
            },
            cancellationToken
        );
    }
}
