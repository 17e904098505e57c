namespace IdP.Recovery.Audit;

/// <summary>What <see cref="VerifyAudit"/> found.</summary>
/// <param name="Head">The end of the chain: to be kept elsewhere, and given to a later verification.</param>
/// <param name="Anchor">Where the chain begins: the last place that retention removed.</param>
/// <param name="Verified">How many events hold.</param>
/// <param name="Flaws">What is wrong; the first broken place of the chain comes first.</param>
public sealed record AuditVerification(AuditMark Head, AuditMark Anchor, long Verified, IReadOnlyList<AuditFlaw> Flaws)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool Holds => Flaws.Count == 0;
}

/// <summary>One thing that is wrong with the audit.</summary>
public abstract record AuditFlaw
{
    private AuditFlaw() { }

    /// <summary>Where in the chain; null where it is not about a place.</summary>
    public virtual long? Place => null;

    /// <summary>A seal or its event was removed.</summary>
    /// <param name="Sequence">The place.</param>
    public sealed record Missing(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>What stands there is not what was sealed: it was changed, or the place before it was taken out.</summary>
    /// <param name="Sequence">The place.</param>
    /// <param name="EventId">What stands there now.</param>
    public sealed record Changed(long Sequence, Guid EventId) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>An event stands at another place than it was sealed at.</summary>
    /// <param name="Sequence">The place.</param>
    /// <param name="EventId">What stands there now.</param>
    public sealed record Reordered(long Sequence, Guid EventId) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>Seals stand past the end, or before the beginning.</summary>
    /// <param name="Sequence">The first of them.</param>
    public sealed record Beyond(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>The chain ends before a place that it once had.</summary>
    /// <param name="Sequence">The first place that is gone.</param>
    public sealed record CutOff(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>The chain is another one than that whose head was kept.</summary>
    /// <param name="Sequence">The place of the kept head.</param>
    public sealed record OtherHead(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>The kept head is older than what retention left, so that it cannot be compared.</summary>
    /// <param name="Sequence">The place of the kept head.</param>
    public sealed record HeadTooOld(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>The row that holds both ends of the chain is gone.</summary>
    public sealed record NoHead : AuditFlaw;

    /// <summary>The chain's beginning was removed, and not by retention: no event says so.</summary>
    /// <param name="Sequence">The place that is said to be the last removed.</param>
    public sealed record NotPruned(long Sequence) : AuditFlaw
    {
        /// <inheritdoc />
        public override long? Place => Sequence;
    }

    /// <summary>Events that no seal stands for and that wait for none: they were not written by the application.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="EventId">One of them.</param>
    public sealed record Added(int Count, Guid EventId) : AuditFlaw;

    /// <summary>Events that have waited too long for their seal: no job runs, or somebody stopped it.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Since">When the oldest was written.</param>
    public sealed record Unsealed(int Count, DateTimeOffset Since) : AuditFlaw;

    /// <summary>Events that were removed before they were sealed.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="EventId">One of them.</param>
    public sealed record LostUnsealed(int Count, Guid EventId) : AuditFlaw;

    /// <summary>Events that are sealed and are said to wait for it: nobody but the application writes there.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="EventId">One of them.</param>
    public sealed record WaitsAgain(int Count, Guid EventId) : AuditFlaw;
}
