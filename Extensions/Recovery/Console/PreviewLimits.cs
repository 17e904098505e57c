using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery.Console;

/// <summary>The dry run of limits: what other ones would have done in the last 30 days. It changes nothing.</summary>
public sealed class PreviewLimits(UnitOfWork work, MailLimits limits)
{
    /// <summary>How far it looks back, in days.</summary>
    public const int Days = 30;

    // A flood may have written any number: what comes behind these is left out.
    private const int MostRows = 1_000_000;

    private DateTimeOffset Since => work.Now.AddDays(-Days);

    /// <summary>
    /// Whom a lock after so many failures would have closed out. Tries that a lock refused are no failures: a larger
    /// number is told from what was recorded, and may be too small.
    /// </summary>
    /// <param name="failures">Failures in a row that lock.</param>
    public async Task<LockoutPreview> LockoutAsync(int failures, CancellationToken cancellationToken)
    {
        var since = Since;
        var events = work
            .Context.Set<AuditEvent>()
            .Where(e => e.At >= since && e.AccountId != null)
            .Where(e =>
                e.Type == AuditEventTypes.SignedIn
                || e.Type == AuditEventTypes.FactorRefused
                || (e.Type == AuditEventTypes.SignInFailed && e.Reason == AuditReasons.Password)
            )
            .OrderBy(e => e.AccountId)
            .ThenBy(e => e.Id)
            .Take(MostRows)
            .Select(e => new
            {
                e.AccountId,
                e.Type,
                e.Reason,
            })
            .AsAsyncEnumerable();
        var (people, locks, current, lockedBefore) = (0, 0, "", false);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var found in events.WithCancellation(cancellationToken))
        {
            if (found.AccountId != current)
            {
                (current, lockedBefore) = (found.AccountId!, false);
                counts.Clear();
            }

            if (found.Type == AuditEventTypes.SignedIn)
            {
                counts.Clear();
                continue;
            }

            var factor = found.Reason ?? "";
            counts[factor] = counts.GetValueOrDefault(factor) + 1;
            if (counts[factor] < failures)
            {
                continue;
            }

            counts[factor] = 0;
            locks++;
            people += lockedBefore ? 0 : 1;
            lockedBefore = true;
        }

        return new(people, locks);
    }

    /// <summary>
    /// How many requests for a reset limits would have held back. Codes of new addresses take the same places, and are not
    /// looked at here.
    /// </summary>
    /// <param name="perAddress">Requests for one address within the window.</param>
    /// <param name="perNetwork">Requests from one client network within the window.</param>
    /// <param name="window">The sliding window.</param>
    public async Task<ResetLimitPreview> ResetsAsync(
        int perAddress,
        int perNetwork,
        TimeSpan window,
        CancellationToken cancellationToken
    )
    {
        var since = Since;
        var requests = work
            .Context.Set<ResetRequest>()
            .Where(r => r.RequestedAt >= since && r.Purpose == PasswordResetPurpose.Reset)
            .OrderBy(r => r.Id)
            .Take(MostRows)
            .Select(r => new
            {
                r.Address,
                r.Audience,
                r.Network,
                r.RequestedAt,
            })
            .AsAsyncEnumerable();
        var (all, held) = (0, 0);
        var taken = new Dictionary<string, Queue<DateTimeOffset>>(StringComparer.Ordinal);
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            all++;
            var at = request.RequestedAt;

            // As they are counted: the network first, whose place is taken although the address has none.
            if (
                !Take("n:" + limits.NetworkOf(request.Network), perNetwork, at)
                || !Take($"a:{request.Audience}/{request.Address}", perAddress, at)
            )
            {
                held++;
            }
        }

        return new(all, held);

        bool Take(string key, int limit, DateTimeOffset now)
        {
            if (!taken.TryGetValue(key, out var times))
            {
                taken[key] = times = new();
            }

            while (times.TryPeek(out var first) && first <= now - window)
            {
                times.Dequeue();
            }

            if (times.Count >= limit)
            {
                return false;
            }

            times.Enqueue(now);
            return true;
        }
    }
}

/// <summary>What a lock would have done.</summary>
/// <param name="People">How many people it would have closed out.</param>
/// <param name="Locks">How often in all.</param>
public sealed record LockoutPreview(int People, int Locks);

/// <summary>What limits of requests would have done.</summary>
/// <param name="Requests">How many requests there were.</param>
/// <param name="Held">How many would have been held back.</param>
public sealed record ResetLimitPreview(int Requests, int Held);
