using IdP.Recovery.Enrollment;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>
/// Enrolls the factor that is missing in the middle of a sign-in, which then goes on. Security: threat 6. It is open
/// only to someone who has no factor to prove, or has proved one.
/// </summary>
public sealed class EnrollAtSignIn(
    PendingSignIns pending,
    IAccounts accounts,
    FinishSignIn finish,
    EnrollmentStatuses enrollment
)
{
    /// <summary>Who enrolls; null when that is not what this sign-in waits for.</summary>
    /// <param name="token">From <see cref="PasswordSignIn.EnrollmentRequired"/>.</param>
    public async Task<PendingAccount?> FindAsync(string? token, CancellationToken cancellationToken) =>
        await pending.FindAsync(token, cancellationToken) is { } waiting
        && enrollment.Of(waiting.Account) is EnrollmentStatus.NotEnrolled or EnrollmentStatus.InEnrollment
        && (waiting.HasProvedFactor || !waiting.Account.Factors.Any)
            ? waiting
            : null;

    /// <summary>Enrolls, and signs in when nothing is missing any more.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="token">From <see cref="PasswordSignIn.EnrollmentRequired"/>.</param>
    /// <param name="enroll">Enrolls a factor of the account; gives how it is proved (RFC 8176), or null when it failed.</param>
    /// <param name="cancellationToken">Stops; nobody is signed in then.</param>
    public async Task<FactorSignIn> RunAsync(
        HttpContext http,
        string? token,
        Func<RecoverableAccount, Task<string?>> enroll,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await FindAsync(token, cancellationToken) is not { } waiting)
        {
            return new FactorSignIn.Gone();
        }

        if (await enroll(waiting.Account) is not { } method)
        {
            return new FactorSignIn.Refused();
        }

        var account = await accounts.FindAsync(waiting.Account.Id, cancellationToken);
        if (account?.SecurityStamp != waiting.Account.SecurityStamp)
        {
            return new FactorSignIn.Gone();
        }

        var proved = waiting with
        {
            Account = account,
            Methods = [.. waiting.Methods.Append(method).Append("mfa").Distinct()],
        };
        if (enrollment.MustEnroll(account))
        {
            await pending.ProvedAsync(waiting.Id, proved.Methods, cancellationToken);
            return new FactorSignIn.EnrollmentRequired(null);
        }

        return await finish.EndAsync(http, proved, null, requester, cancellationToken);
    }

    /// <summary>Signs in without a factor, as long as the period lasts.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="token">From <see cref="PasswordSignIn.EnrollmentOffered"/>.</param>
    /// <param name="cancellationToken">Stops; nobody is signed in then.</param>
    public async Task<FactorSignIn> LaterAsync(
        HttpContext http,
        string? token,
        Requester requester,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(token, cancellationToken) is { } waiting
        && enrollment.Of(waiting.Account) is EnrollmentStatus.InEnrollment
            ? await finish.EndAsync(http, waiting, null, requester, cancellationToken)
            : new FactorSignIn.Gone();
}
