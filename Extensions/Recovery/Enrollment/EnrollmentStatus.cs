using IdP.Recovery.Factors;

namespace IdP.Recovery.Enrollment;

/// <summary>Where an account stands with its second factor: derived from policy, factors and deadline, never stored.</summary>
public abstract record EnrollmentStatus
{
    private EnrollmentStatus() { }

    /// <summary>No second factor, and none is asked for.</summary>
    public sealed record NotRequired : EnrollmentStatus;

    /// <summary>One is asked for, and no period runs: it is enrolled within the next sign-in, before anything opens.</summary>
    public sealed record NotEnrolled : EnrollmentStatus;

    /// <summary>One is asked for, and sign-in works without it for a while.</summary>
    /// <param name="Until">When that ends.</param>
    public sealed record InEnrollment(DateTimeOffset Until) : EnrollmentStatus;

    /// <summary>The period has ended without one: sign-in is closed until an administrator begins a new period.</summary>
    /// <param name="Since">When it ended.</param>
    public sealed record EnrollmentExpired(DateTimeOffset Since) : EnrollmentStatus;

    /// <summary>There is one.</summary>
    public sealed record Enrolled : EnrollmentStatus;
}

/// <summary>Tells the status of accounts. The clock decides it, whatever jobs have run.</summary>
/// <param name="policy">Who must have a second factor.</param>
/// <param name="time">The clock.</param>
public sealed class EnrollmentStatuses(MfaPolicy policy, TimeProvider time)
{
    /// <summary>The status of an account at this moment.</summary>
    public EnrollmentStatus Of(RecoverableAccount account) => Of(account, time.GetUtcNow());

    /// <summary>Whether a factor must be enrolled within this sign-in.</summary>
    public bool MustEnroll(RecoverableAccount account) => Of(account) is EnrollmentStatus.NotEnrolled;

    private EnrollmentStatus Of(RecoverableAccount account, DateTimeOffset now)
    {
        // A rotated key is enrolled before anything opens, and no period helps.
        if (account.Factors.TotpRequired)
        {
            return new EnrollmentStatus.NotEnrolled();
        }

        if (account.Factors.Any)
        {
            return new EnrollmentStatus.Enrolled();
        }

        // Security: threat 13. The console opens to nobody without a factor, whatever period somebody was talked into.
        if (account.Audience == Audience.Administrator)
        {
            return policy.Requires(account) || account.Enrollment is not null
                ? new EnrollmentStatus.NotEnrolled()
                : new EnrollmentStatus.NotRequired();
        }

        // What an administrator began holds without a policy; what a policy began ends with it.
        if (account.Enrollment is not { } open || (open.Cause == EnrollmentCause.Policy && !policy.Requires(account)))
        {
            return policy.Requires(account) ? new EnrollmentStatus.NotEnrolled() : new EnrollmentStatus.NotRequired();
        }

        return now < open.EndsAt
            ? new EnrollmentStatus.InEnrollment(open.EndsAt)
            : new EnrollmentStatus.EnrollmentExpired(open.EndsAt);
    }
}
