namespace IdP.Recovery.AttackKit;

/// <summary>Something that broke in the field, tried against a host over HTTP as an attacker does.</summary>
public abstract class Attack
{
    /// <summary>The row of the threat table, 1 to 18.</summary>
    public abstract int Threat { get; }

    /// <summary>What is tried, as a sentence.</summary>
    public abstract string Name { get; }

    /// <summary>Where it was seen.</summary>
    public abstract string SeenAt { get; }

    /// <summary>Tries it.</summary>
    /// <param name="target">The host.</param>
    public async Task<AttackResult> RunAsync(AttackTarget target, CancellationToken cancellationToken)
    {
        try
        {
            using var scene = new Scene(target, cancellationToken);
            await TryAsync(scene);
            return new AttackResult.Held();
        }
        catch (DefenceBrokenException broken)
        {
            return new AttackResult.Broken(broken.Message);
        }
        catch (NotApplicableException missing)
        {
            return new AttackResult.NotApplicable(missing.Message);
        }
    }

    /// <inheritdoc />
    public override string ToString() => $"Threat {Threat}: {Name}";

    private protected abstract Task TryAsync(Scene scene);
}

/// <summary>How an attack ended.</summary>
public abstract record AttackResult
{
    private AttackResult() { }

    /// <summary>The host withstood.</summary>
    public sealed record Held : AttackResult;

    /// <summary>It did not.</summary>
    /// <param name="What">What the attacker reached.</param>
    public sealed record Broken(string What) : AttackResult;

    /// <summary>The host has no such thing, or the adapter cannot bring it about.</summary>
    /// <param name="Why">What is missing.</param>
    public sealed record NotApplicable(string Why) : AttackResult;
}

internal sealed class DefenceBrokenException(string what) : Exception(what);

internal sealed class NotApplicableException(string why) : Exception(why);
