namespace IdP.Recovery.Audit;

/// <summary>One pass along the chain, from its anchor to its head.</summary>
internal sealed class ChainWalk(AuditChain chain, AuditMark? kept)
{
    private long sequence = chain.AnchorSequence;

    public AuditChain Chain => chain;

    /// <summary>The hash of the last place that holds.</summary>
    public byte[] Hash { get; private set; } = chain.AnchorHash;

    public long Verified { get; private set; }

    public AuditFlaw? Flaw { get; private set; }

    /// <summary>A place whose event is not what was sealed there.</summary>
    public SealedRow? Suspect { get; private set; }

    /// <summary>Goes one place on; false where something is wrong with it.</summary>
    public bool Follow(SealedRow row)
    {
        var next = sequence + 1;
        if (row.Seal.Sequence < next)
        {
            Flaw = new AuditFlaw.Beyond(row.Seal.Sequence);
        }
        else if (row.Seal.Sequence > next || row.Event is null)
        {
            Flaw = new AuditFlaw.Missing(next);
        }
        else if (next > chain.Sequence)
        {
            Flaw = new AuditFlaw.Beyond(next);
        }
        else if (!AuditHash.Next(Hash, row.Event).AsSpan().SequenceEqual(row.Seal.Hash))
        {
            Suspect = row;
        }
        else
        {
            sequence = next;
            Hash = row.Seal.Hash;
            Verified++;
            Flaw = IsOther(sequence, Hash) ? new AuditFlaw.OtherHead(sequence) : null;
        }

        return Flaw is null && Suspect is null;
    }

    /// <summary>The last place was followed: it must be the head.</summary>
    public ChainWalk End()
    {
        Flaw ??=
            sequence < chain.Sequence || kept?.Sequence > sequence ? new AuditFlaw.CutOff(sequence + 1)
            : !Hash.AsSpan().SequenceEqual(chain.Hash) ? new AuditFlaw.OtherHead(sequence)
            : kept?.Sequence < chain.AnchorSequence ? new AuditFlaw.HeadTooOld(kept.Sequence)
            : IsOther(chain.AnchorSequence, chain.AnchorHash) ? new AuditFlaw.OtherHead(chain.AnchorSequence)
            : null;
        return this;
    }

    public ChainWalk Stop(AuditFlaw flaw)
    {
        Flaw = flaw;
        Suspect = null;
        return this;
    }

    private bool IsOther(long place, byte[] hash) => kept?.Sequence == place && kept != AuditMark.Of(place, hash);
}
