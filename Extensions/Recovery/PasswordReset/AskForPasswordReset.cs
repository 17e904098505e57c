using IdP.Recovery.Audit;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>
/// Step 1. Checks the shape of the address, applies the limits, and stores a row and its outbox work in one
/// transaction. It never looks an account up: every address gets the same answer after the same work (threat 11).
/// </summary>
public sealed class AskForPasswordReset
{
    private readonly UnitOfWork work;
    private readonly MailLimits limits;
    private readonly AuditLog audit;
    private readonly RecoveryMetrics metrics;
    private readonly DevelopmentLog development;
    private readonly PasswordResetOptions options;

    internal AskForPasswordReset(
        UnitOfWork work,
        MailLimits limits,
        AuditLog audit,
        RecoveryMetrics metrics,
        DevelopmentLog development,
        IOptions<PasswordResetOptions> options
    )
    {
        this.work = work;
        this.limits = limits;
        this.audit = audit;
        this.metrics = metrics;
        this.development = development;
        this.options = options.Value;
    }

    /// <summary>Asks for a reset.</summary>
    /// <param name="audience">Under which portal's link.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public async Task<PasswordResetAnswer> RunAsync(
        string? email,
        Audience audience,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (EmailAddress.Normalize(email) is not { } address)
        {
            metrics.ResetRequested("not_an_address");
            return new PasswordResetAnswer.NotAnAddress();
        }

        var allowed = false;
        await work.RunAsync(
            async token =>
            {
                allowed = await limits.TryTakeAsync(address, audience, requester, token);
                if (allowed)
                {
                    Keep(address, audience, requester);
                }
                else if (await limits.IsNewsAsync(address, audience, requester, token))
                {
                    // Past a limit nothing is written for each further try.
                    audit.Add(
                        AuditEventTypes.ResetRequested,
                        accountId: null,
                        requester,
                        subjectId: null,
                        AuditReasons.Limit
                    );
                }
            },
            cancellationToken
        );
        metrics.ResetRequested(allowed ? "taken" : "limited");
        if (!allowed)
        {
            development.NoMail(AuditReasons.Limit);
        }

        return new PasswordResetAnswer.Taken(Lifetime(audience));
    }

    private void Keep(string address, Audience audience, Requester requester)
    {
        var request = ResetRequest.Begin(work, address, audience, requester);
        audit.Add(AuditEventTypes.ResetRequested, accountId: null, requester, request.Id.ToString());
    }

    /// <summary>How long a link for that audience works, to be told on the page.</summary>
    public TimeSpan Lifetime(Audience audience) => options.Lifetime(PasswordResetPurpose.Reset, audience);
}

/// <summary>The answer to a request: it never tells whether an account exists or a limit held.</summary>
public abstract record PasswordResetAnswer
{
    private PasswordResetAnswer() { }

    /// <summary>Taken; if an account fits, a mail is on its way.</summary>
    /// <param name="LinkLifetime">How long its link will work.</param>
    public sealed record Taken(TimeSpan LinkLifetime) : PasswordResetAnswer;

    /// <summary>The text is not an address; nothing was kept.</summary>
    public sealed record NotAnAddress : PasswordResetAnswer;
}
