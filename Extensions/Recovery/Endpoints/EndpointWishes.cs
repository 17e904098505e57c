using System.Security.Cryptography;

namespace IdP.Recovery.Endpoints;

/// <summary>Reads what an administrator has filled in, field by field of the connector.</summary>
internal sealed class EndpointWishes(EndpointVault vault, OutgoingNetwork network)
{
    /// <summary>The settings of an endpoint without its secrets, and the names of those that it has.</summary>
    public EndpointForm FormOf(ServiceEndpoint endpoint, IReadOnlyList<EndpointField> fields)
    {
        var settings = ReadOrPlain(endpoint);
        return new(
            fields
                .Where(f => f.Type != EndpointFieldType.Secret)
                .ToDictionary(f => f.Name, f => settings[f.Name] ?? f.Default ?? ""),
            [
                .. fields
                    .Where(f => f.Type == EndpointFieldType.Secret && settings[f.Name] is not null)
                    .Select(f => f.Name),
            ]
        );
    }

    /// <summary>The settings, and the fields that are not as they must be.</summary>
    public (Dictionary<string, string> Values, IReadOnlyList<string> Wrong) Read(
        ServiceEndpoint endpoint,
        IEndpointConnector connector,
        EndpointWish wish
    )
    {
        var before = ReadOrPlain(endpoint);
        var wrong = new List<string>();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (wish.Name is not { Length: > 0 and <= ServiceEndpoint.MaxNameLength } || !PlainText.Is(wish.Name))
        {
            wrong.Add(nameof(wish.Name));
        }

        // Security: whoever may write an address but never saw a secret must not have it sent elsewhere.
        var moved = connector.Fields.Any(f =>
            f.Type == EndpointFieldType.Address
            && before[f.Name] is { } was
            && was != wish.Values.GetValueOrDefault(f.Name)?.Trim()
        );
        foreach (var field in connector.Fields)
        {
            var isSecret = field.Type == EndpointFieldType.Secret;
            var value = wish.Values.GetValueOrDefault(field.Name);
            value =
                !string.IsNullOrWhiteSpace(value) ? (isSecret ? value : value.Trim())
                : isSecret && !moved && !wish.Cleared.Contains(field.Name) ? before[field.Name]
                : field.Default;
            if (string.IsNullOrEmpty(value))
            {
                if (field.Required)
                {
                    wrong.Add(field.Name);
                }
            }
            else if (!Fits(field, value))
            {
                wrong.Add(field.Name);
            }
            else
            {
                values[field.Name] = value;
            }
        }

        if (wrong.Count == 0 && connector.Flaw(new(values)) is { } flaw)
        {
            wrong.Add(flaw);
        }

        return (values, wrong);
    }

    // Secrets that cannot be read any more are filled in anew, as if there were none.
    private EndpointSettings ReadOrPlain(ServiceEndpoint endpoint)
    {
        try
        {
            return vault.Read(endpoint);
        }
        catch (CryptographicException)
        {
            return EndpointVault.ReadPlain(endpoint);
        }
    }

    private bool Fits(EndpointField field, string value) =>
        value.Length <= 1024
        && PlainText.Is(value)
        && field.Type switch
        {
            EndpointFieldType.Address => network.IsEndpoint(value, field.Schemes),
            EndpointFieldType.Choice => field.Choices.Contains(value),
            EndpointFieldType.Flag => value is "true" or "false",
            _ => true,
        };
}

/// <summary>What an administrator wants an endpoint to be.</summary>
/// <param name="Name">1 to 100 characters of plain text, of no other endpoint.</param>
/// <param name="Follows">Which changes it is told; those that its connector cannot bring are left out.</param>
/// <param name="Values">By the names of the fields.</param>
public sealed record EndpointWish(string Name, CredentialChanges Follows, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Secrets that are to be taken away; another one that is left empty stays.</summary>
    public IReadOnlySet<string> Cleared { get; init; } = new HashSet<string>();
}

/// <summary>What a form shows of an endpoint.</summary>
/// <param name="Values">By the names of the fields, without secret ones.</param>
/// <param name="Secrets">The secret fields that have a value.</param>
public sealed record EndpointForm(IReadOnlyDictionary<string, string> Values, IReadOnlyCollection<string> Secrets);
