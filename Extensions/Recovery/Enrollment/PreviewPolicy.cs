using IdP.Recovery.Console;
using IdP.Recovery.Factors;

namespace IdP.Recovery.Enrollment;

/// <summary>The dry run of a policy: whom it would ask, who is enrolled already, and who would be out on which day.</summary>
public sealed class PreviewPolicy(IAccountDirectory directory, TimeProvider time)
{
    private const int Named = 20;
    private const int CountedUpTo = 1_000_000;

    /// <summary>Says it, and changes nothing.</summary>
    /// <param name="rule">Who would have to have a second factor.</param>
    /// <param name="period">The period that each would get; null for none.</param>
    public async Task<PolicyPreview> RunAsync(
        MfaRule rule,
        EnrollmentPeriod? period,
        CancellationToken cancellationToken
    )
    {
        var counts = new Dictionary<MfaStatusFilter, int>();
        foreach (var status in Enum.GetValues<MfaStatusFilter>())
        {
            counts[status] = await directory.CountAsync(
                new AccountFilter { Mfa = status, AsIf = rule },
                CountedUpTo,
                cancellationToken
            );
        }

        var now = time.GetUtcNow();
        var asked = await directory.ListAsync(
            new AccountFilter { Mfa = MfaStatusFilter.NotEnrolled, AsIf = rule },
            AccountOrder.Email,
            null,
            Named,
            cancellationToken
        );
        var running = await directory.ListAsync(
            new AccountFilter { Mfa = MfaStatusFilter.InEnrollment, AsIf = rule },
            AccountOrder.Email,
            null,
            Named,
            cancellationToken
        );

        // Who would be asked begins a period at the next sign-in: the day is that of somebody who signs in now.
        var ends = (
            await directory.CountEndsAsync(
                new AccountFilter { Mfa = MfaStatusFilter.InEnrollment, AsIf = rule },
                cancellationToken
            )
        ).ToDictionary();
        var users = period is null
            ? 0
            : await directory.CountAsync(
                new AccountFilter
                {
                    Mfa = MfaStatusFilter.NotEnrolled,
                    AsIf = rule,
                    Audience = Audience.User,
                },
                CountedUpTo,
                cancellationToken
            );
        if (users > 0 && period is { } given)
        {
            var day = DateOnly.FromDateTime(given.EndFrom(now, null).UtcDateTime);
            ends[day] = ends.GetValueOrDefault(day) + users;
        }

        return new(
            counts,
            [.. ends.OrderBy(e => e.Key).Select(e => new OutOnDay(e.Key, e.Value))],
            counts[MfaStatusFilter.NotEnrolled] - users,
            [
                .. asked.Accounts.Select(a => new AskedPerson(
                    a,
                    a.Audience == Audience.User && !a.Factors.TotpRequired ? period?.EndFrom(now, a.TimeZone) : null
                )),
                .. running.Accounts.Select(a => new AskedPerson(a, a.Enrollment?.EndsAt)),
            ]
        );
    }
}

/// <summary>What a policy would do.</summary>
/// <param name="Counts">How many people would stand where.</param>
/// <param name="OutOn">On which day how many would be out, unless they set up a factor; the first day first.</param>
/// <param name="AtNextSignIn">How many would have to set one up within the next sign-in.</param>
/// <param name="Asked">The first of those who would be asked, and of those in a period.</param>
public sealed record PolicyPreview(
    IReadOnlyDictionary<MfaStatusFilter, int> Counts,
    IReadOnlyList<OutOnDay> OutOn,
    int AtNextSignIn,
    IReadOnlyList<AskedPerson> Asked
);

/// <summary>How many people would be out on a day.</summary>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Count">How many.</param>
public sealed record OutOnDay(DateOnly Day, int Count);

/// <summary>Somebody whom a policy would ask.</summary>
/// <param name="OutAt">When sign-in would close; null where a factor is enrolled within the next sign-in.</param>
public sealed record AskedPerson(RecoverableAccount Account, DateTimeOffset? OutAt);
