using System.Globalization;
using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;

namespace IdP.Recovery.Console;

/// <summary>Writes the accounts that a filter takes as comma-separated values; audited.</summary>
public sealed class ExportAccounts(
    UnitOfWork work,
    IAccountDirectory directory,
    EnrollmentStatuses statuses,
    AuditLog audit
)
{
    private const int AtOnce = 200;

    /// <summary>Does it, with a few accounts in memory at a time.</summary>
    /// <param name="output">Where to, as UTF-8; it is left open.</param>
    /// <param name="actor">Who, for the audit.</param>
    /// <param name="requester">From where, for the audit.</param>
    /// <param name="cancellationToken">Stops; a part is written then.</param>
    public async Task RunAsync(
        AccountFilter filter,
        Stream output,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        await work.RunAsync(
            _ =>
            {
                audit.Add(
                    AuditEventTypes.UsersExported,
                    accountId: null,
                    requester,
                    filter.Describe(),
                    actorId: actor.Id,
                    proof: actor.Proof
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
        await using var writer = new StreamWriter(output, leaveOpen: true);
        await writer.WriteAsync(
            Csv.Row(
                    "id",
                    "email",
                    "name",
                    "mfa",
                    "enroll_until",
                    "locked_until",
                    "suspended",
                    "roles",
                    "last_sign_in",
                    "created"
                )
                .AsMemory(),
            cancellationToken
        );
        string? after = null;
        do
        {
            var page = await directory.ListAsync(filter, AccountOrder.Email, after, AtOnce, cancellationToken);
            foreach (var account in page.Accounts)
            {
                await writer.WriteAsync(Row(account).AsMemory(), cancellationToken);
            }

            await writer.FlushAsync(cancellationToken);
            after = page.Next;
        } while (after is not null);
    }

    private string Row(RecoverableAccount account)
    {
        var status = statuses.Of(account);
        return Csv.Row(
            account.Id,
            account.Email,
            account.DisplayName,
            status.GetType().Name,
            status switch
            {
                EnrollmentStatus.InEnrollment(var until) => Time(until),
                EnrollmentStatus.EnrollmentExpired(var since) => Time(since),
                _ => null,
            },
            Time(account.LockedUntil),
            account.Suspended ? "yes" : "no",
            string.Join(' ', account.Roles),
            Time(account.LastSignInAt),
            Time(account.CreatedAt)
        );
    }

    private static string? Time(DateTimeOffset? at) =>
        at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
