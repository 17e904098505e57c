using System.Collections.Frozen;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Speaks to one kind of service. A host adds kinds of its own with <c>AddEndpointConnector</c>. Made anew for every
/// delivery, so that it may ask for scoped services.
/// </summary>
public interface IEndpointConnector
{
    /// <summary>The kind, such as <c>webhook</c>: at most 32 characters, the same for ever.</summary>
    string Kind { get; }

    /// <summary>What an administrator fills in for such an endpoint; empty for what the host makes by itself.</summary>
    IReadOnlyList<EndpointField> Fields { get; }

    /// <summary>Which changes it can bring to a service.</summary>
    CredentialChanges Changes { get; }

    /// <summary>Whether an endpoint with these settings, of which the secret ones are left out, must be given the new password itself.</summary>
    bool TakesPassword(EndpointSettings settings) => false;

    /// <summary>What is wrong with settings beyond what their fields say: the field's name; null when nothing is.</summary>
    string? Flaw(EndpointSettings settings) => null;

    /// <summary>
    /// Brings a change to the service. It may be called again for the same one, and must then lead to the same state. What
    /// goes wrong on the other side is an outcome; an exception is a defect here, and tried again.
    /// </summary>
    /// <param name="cancellationToken">Stops; it is tried again.</param>
    Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken);

    /// <summary>
    /// Tries whether the service answers and takes our credentials, without changing anything there; null where there is
    /// nothing that it would answer.
    /// </summary>
    Task<DeliveryOutcome?> TestAsync(EndpointSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult<DeliveryOutcome?>(null);

    /// <summary>
    /// Whether what the service knows of an account is what is known here; null where it does not tell. Called once a night
    /// for everybody who is bound.
    /// </summary>
    Task<EndpointAgreement?> CompareAsync(
        EndpointSettings settings,
        EndpointAccount account,
        CancellationToken cancellationToken
    ) => Task.FromResult<EndpointAgreement?>(null);
}

/// <summary>Something that an administrator fills in.</summary>
/// <param name="Name">In <c>camelCase</c>; its label is the text <c>Endpoint.Field.NAME</c>.</param>
/// <param name="Type">What it is.</param>
/// <param name="Required">Whether it must be there.</param>
/// <param name="Default">What stands in its place when it is left empty.</param>
public sealed record EndpointField(string Name, EndpointFieldType Type, bool Required = true, string? Default = null)
{
    /// <summary>What may be chosen of, for <see cref="EndpointFieldType.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>How an <see cref="EndpointFieldType.Address"/> may begin; <c>http</c> on an allowed loopback only.</summary>
    public IReadOnlyList<string> Schemes { get; init; } = ["https", "http"];
}

/// <summary>What a field holds.</summary>
public enum EndpointFieldType
{
    /// <summary>A line of text, at most 1024 characters.</summary>
    Text,

    /// <summary>An address that may be connected to.</summary>
    Address,

    /// <summary>Something that is encrypted at rest and never shown again.</summary>
    Secret,

    /// <summary>One of a few.</summary>
    Choice,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,
}

/// <summary>The settings of an endpoint by the names of its fields, secret ones included.</summary>
public sealed class EndpointSettings(IReadOnlyDictionary<string, string> values)
{
    private readonly FrozenDictionary<string, string> values = values.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A setting; null when it is not there or empty.</summary>
    public string? this[string name] => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>A setting that its field requires.</summary>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public string Of(string name) =>
        this[name] ?? throw new InvalidOperationException($"The endpoint has no setting '{name}'.");

    /// <summary>Whether a flag is set.</summary>
    public bool Has(string name) => this[name] == "true";

    /// <summary>Without any value, which may be a secret.</summary>
    public override string ToString() => $"{values.Count} settings";
}

/// <summary>An account as an endpoint is told of it.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="UserName">The name it signs in with.</param>
/// <param name="Email">Its address.</param>
/// <param name="Open">Whether it may be used at this moment: neither locked nor suspended.</param>
/// <param name="Target">What the service knows it by, where an administrator has said so.</param>
public sealed record EndpointAccount(string Id, string UserName, string Email, bool Open, string? Target);

/// <summary>A change on its way to an endpoint.</summary>
/// <param name="Id">The same at every try.</param>
/// <param name="Change">One change.</param>
/// <param name="At">When it happened.</param>
/// <param name="Account">Whose, as it is now.</param>
/// <param name="Reference">What the host itself knows the endpoint by.</param>
public sealed record EndpointDelivery(
    Guid Id,
    CredentialChanges Change,
    DateTimeOffset At,
    EndpointAccount Account,
    EndpointSettings Settings,
    string? Reference
)
{
    /// <summary>
    /// Whether the endpoint follows what closes and opens accounts; otherwise whether one is open there is its own affair.
    /// </summary>
    public bool Closes { get; init; } = true;

    /// <summary>The new password, for a connector that takes it. Security: for the connection to the service alone.</summary>
    public string? Password { get; init; }

    // Without the password: this may be logged.
    private bool PrintMembers(System.Text.StringBuilder builder)
    {
        builder.Append(nameof(Id) + " = ").Append(Id).Append(", " + nameof(Change) + " = ").Append(Change);
        return true;
    }
}

/// <summary>Whether an account is the same there as here.</summary>
/// <param name="Agrees">Whether it is.</param>
/// <param name="Flaw">What is different.</param>
public sealed record EndpointAgreement(bool Agrees, DeliveryFlaw? Flaw = null);

/// <summary>How a delivery ended.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome() { }

    /// <summary>The service has it, and a look at it shows so.</summary>
    public sealed record Applied : DeliveryOutcome;

    /// <summary>The service has taken it, and tells no more.</summary>
    public sealed record Sent : DeliveryOutcome;

    /// <summary>The service will not take it, however often it comes.</summary>
    /// <param name="Flaw">Why.</param>
    /// <param name="Detail">A status or a short word of the service's; cut at 128 characters, and never of the account.</param>
    public sealed record Refused(DeliveryFlaw Flaw, string? Detail = null) : DeliveryOutcome;

    /// <summary>The service did not take it this time; it is tried again.</summary>
    /// <inheritdoc cref="Refused"/>
    public sealed record NotYet(DeliveryFlaw Flaw, string? Detail = null) : DeliveryOutcome;

    /// <summary>Something else must be done first, which calls this by <see cref="WakeDelivery"/>; no try is lost.</summary>
    /// <param name="AtMost">How long it waits when nobody calls.</param>
    public sealed record Waits(TimeSpan AtMost) : DeliveryOutcome;
}

/// <summary>Why something did not reach a service. Each has a sentence in every language.</summary>
public enum DeliveryFlaw
{
    /// <summary>Nothing listens, or the connection broke.</summary>
    Unreachable,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>Its certificate is not one that is trusted, or not for its name.</summary>
    Certificate,

    /// <summary>Its address leads into a network that may not be reached from here.</summary>
    Network,

    /// <summary>It sent us elsewhere, and we do not follow.</summary>
    Redirect,

    /// <summary>Its answer was too long to be one.</summary>
    TooLong,

    /// <summary>Its answer made no sense.</summary>
    Garbage,

    /// <summary>It said that all was well, and told of an error in the same answer.</summary>
    ErrorInside,

    /// <summary>It did not take our credentials.</summary>
    Credentials,

    /// <summary>Our credentials may not do this there.</summary>
    Rights,

    /// <summary>It asked for fewer requests.</summary>
    TooMany,

    /// <summary>It is not well.</summary>
    Unavailable,

    /// <summary>It refused what was sent.</summary>
    Refused,

    /// <summary>It knows no such account.</summary>
    NoAccount,

    /// <summary>It knows more than one such account.</summary>
    Ambiguous,

    /// <summary>Its own policy refused the new password.</summary>
    PasswordPolicy,

    /// <summary>It has no room left.</summary>
    Full,

    /// <summary>It takes no changes now.</summary>
    ReadOnly,

    /// <summary>The account is open there and closed here, or the other way round.</summary>
    Drifted,

    /// <summary>It was removed, or nothing here speaks to its kind any more.</summary>
    Removed,

    /// <summary>Its secrets cannot be read here any more.</summary>
    Unreadable,

    /// <summary>Something went wrong here, which the log tells.</summary>
    Internal,
}
