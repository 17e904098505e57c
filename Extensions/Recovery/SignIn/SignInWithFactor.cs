using IdP.Recovery.Audit;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using Microsoft.AspNetCore.Http;

namespace IdP.Recovery.SignIn;

/// <summary>The second step of signing in: a factor is proved.</summary>
public sealed class SignInWithFactor(
    PendingSignIns pending,
    VerifyFactor verify,
    FinishSignIn finish,
    RememberedBrowsers browsers,
    EnrollmentStatuses enrollment
)
{
    /// <summary>Proves a factor.</summary>
    /// <param name="http">The request; gets the session's cookie.</param>
    /// <param name="token">From <see cref="PasswordSignIn.FactorRequired"/>.</param>
    /// <param name="proof">What a person brought.</param>
    /// <param name="rememberBrowser">Whether this browser is not to be asked again for a while.</param>
    /// <param name="cancellationToken">Stops; the try stays counted.</param>
    public async Task<FactorSignIn> RunAsync(
        HttpContext http,
        string? token,
        FactorProof proof,
        bool rememberBrowser,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (await pending.FindAsync(token, cancellationToken) is not { } waiting)
        {
            return new FactorSignIn.Gone();
        }

        var account = waiting.Account;
        var verdict = await verify.RunAsync(account, proof, FactorUse.SignIn, requester, cancellationToken);

        // Security: threat 20. What is counted has its consequence, also when nobody waits for the answer any more.
        cancellationToken = CancellationToken.None;
        switch (verdict)
        {
            case FactorVerdict.Accepted accepted:
                var methods = waiting.Methods.Concat(accepted.Methods).Distinct().ToList();
                await pending.ProvedAsync(waiting.Id, methods, cancellationToken);
                if (rememberBrowser)
                {
                    await browsers.RememberAsync(http, account, requester, cancellationToken);
                }

                if (enrollment.MustEnroll(account))
                {
                    return new FactorSignIn.EnrollmentRequired(accepted.ReplacementCode);
                }

                return await finish.EndAsync(
                    http,
                    waiting with
                    {
                        Methods = methods,
                    },
                    accepted.ReplacementCode,
                    requester,
                    cancellationToken
                );
            case FactorVerdict.NotCounted(var why):
                return new FactorSignIn.NotCounted(why);
            case FactorVerdict.Closed(var until):
                await finish.RefuseAsync(account, AuditReasons.Factor, requester, cancellationToken);
                return new FactorSignIn.Closed(until);
            default:
                await finish.RefuseAsync(account, AuditReasons.Factor, requester, cancellationToken);
                return new FactorSignIn.Refused();
        }
    }
}

/// <summary>How the second step of a sign-in ended.</summary>
public abstract record FactorSignIn
{
    private FactorSignIn() { }

    /// <summary>A session has begun.</summary>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record SignedIn(RecoverableAccount Account, string? ReplacementCode) : FactorSignIn;

    /// <summary>The factor is proved, and one must be enrolled before anything opens.</summary>
    /// <param name="ReplacementCode">The recovery code that stands in for the one used, to be shown now; or null.</param>
    public sealed record EnrollmentRequired(string? ReplacementCode) : FactorSignIn;

    /// <summary>The proof does not hold.</summary>
    public sealed record Refused : FactorSignIn;

    /// <summary>There was nothing to look at, and nothing was counted.</summary>
    public sealed record NotCounted(FactorFlaw Why) : FactorSignIn;

    /// <summary>So many proofs have failed that none is looked at for a while.</summary>
    /// <param name="Until">When that ends; null when the factor must be set up anew.</param>
    public sealed record Closed(DateTimeOffset? Until) : FactorSignIn;

    /// <summary>The sign-in has ended, expired, or a credential has changed since: begin again.</summary>
    public sealed record Gone : FactorSignIn;
}
