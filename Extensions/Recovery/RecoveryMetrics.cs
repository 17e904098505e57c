using System.Diagnostics;
using System.Diagnostics.Metrics;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Passwords;

namespace IdP.Recovery;

/// <summary>
/// The instruments of the meter <c>IdP</c>: <c>idp.password_reset.requests</c> (outcome: taken, limited,
/// not_an_address), <c>idp.mails.sent</c> (kind), <c>idp.outbox.runs</c> (kind, outcome: done, failed, given_up, put_off; a kind
/// that sends mail fails when the mail does), <c>idp.sign_ins</c> (result: signed_in, refused, locked_out, other_portal,
/// factor_required), <c>idp.lockouts</c> (factor, browser: known, other), <c>idp.unlocks</c> (by: mail, administrator, reset),
/// <c>idp.refusals</c> (reason, as the audit has it), <c>idp.endpoint.deliveries</c> (kind, outcome: applied, sent, refused,
/// not_yet; flaw) and <c>idp.hashing.queue_length</c>. No tag names a person.
/// </summary>
public sealed class RecoveryMetrics
{
    /// <summary>The name of the meter, and of the source of traces.</summary>
    public const string MeterName = "IdP";

    /// <summary>
    /// Makes the spans <c>outbox KIND</c>, one for each try to do outbox work, with the tags <c>idp.outbox.entry</c> (an
    /// id) and <c>idp.outbox.attempt</c>.
    /// </summary>
    public static ActivitySource Traces { get; } = new(MeterName);

    private readonly Counter<long> resetRequests;
    private readonly Counter<long> mails;
    private readonly Counter<long> runs;
    private readonly Counter<long> signIns;
    private readonly Counter<long> lockouts;
    private readonly Counter<long> unlocks;
    private readonly Counter<long> refusals;
    private readonly Counter<long> deliveries;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">The host's meters.</param>
    /// <param name="hashing">Whose length is observed.</param>
    public RecoveryMetrics(IMeterFactory meters, HashingQueue hashing)
    {
        var meter = meters.Create(MeterName);
        resetRequests = meter.CreateCounter<long>(
            "idp.password_reset.requests",
            "{request}",
            "Reset requests by outcome"
        );
        mails = meter.CreateCounter<long>("idp.mails.sent", "{mail}", "Mails that the mail server accepted, by kind");
        runs = meter.CreateCounter<long>("idp.outbox.runs", "{run}", "Tries to do outbox work, by kind and outcome");
        signIns = meter.CreateCounter<long>("idp.sign_ins", "{sign-in}", "Sign-ins by result");
        lockouts = meter.CreateCounter<long>("idp.lockouts", "{lock}", "Locks after failures, by factor and browser");
        unlocks = meter.CreateCounter<long>("idp.unlocks", "{lock}", "Locks that were lifted, by whom");
        refusals = meter.CreateCounter<long>("idp.refusals", "{try}", "Passwords that were refused, by reason");
        deliveries = meter.CreateCounter<long>(
            "idp.endpoint.deliveries",
            "{delivery}",
            "Tries to bring a change to an endpoint, by kind, outcome and flaw"
        );
        meter.CreateObservableGauge(
            "idp.hashing.queue_length",
            () => hashing.Length,
            "{password}",
            "Passwords that are being hashed or wait for it"
        );
    }

    internal void ResetRequested(string outcome) =>
        resetRequests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal void Mailed(string kind) => mails.Add(1, new KeyValuePair<string, object?>("kind", kind));

    internal void Ran(string kind, string outcome) => runs.Add(1, new("kind", kind), new("outcome", outcome));

    internal void Locked(Factors.FactorKind factor, bool knownBrowser) =>
        lockouts.Add(1, new("factor", Audit.AuditReasons.Of(factor)), new("browser", knownBrowser ? "known" : "other"));

    internal void Unlocked(string by) => unlocks.Add(1, new KeyValuePair<string, object?>("by", by));

    internal void Refused(string reason) => refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void Delivered(string kind, DeliveryOutcome outcome)
    {
        var (result, flaw) = outcome switch
        {
            DeliveryOutcome.Applied => ("applied", (DeliveryFlaw?)null),
            DeliveryOutcome.Sent => ("sent", null),
            DeliveryOutcome.Refused refused => ("refused", refused.Flaw),
            DeliveryOutcome.NotYet notYet => ("not_yet", notYet.Flaw),
            DeliveryOutcome.Waits => ("waits", null),
            _ => throw new UnreachableException(),
        };
        deliveries.Add(1, new("kind", kind), new("outcome", result), new("flaw", flaw?.ToString() ?? ""));
    }

    internal void SignInEnded(string result) => signIns.Add(1, new KeyValuePair<string, object?>("result", result));
}
