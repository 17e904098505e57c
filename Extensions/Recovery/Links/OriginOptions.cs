using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery;

/// <summary>The setting <c>Origin</c>: where people and applications reach the host.</summary>
public sealed class OriginOptions : IValidatableObject
{
    /// <summary>
    /// Scheme, host and port, such as <c>https://login.example.org</c>, without a path. Every link and the issuer are
    /// built from it, whatever a request says (threat 2). <c>http</c> only on a loopback address.
    /// </summary>
    [Required(ErrorMessage = "Origin must be set, such as https://login.example.org.")]
    public Uri? Origin { get; set; }

    /// <summary>An absolute address on this host.</summary>
    /// <param name="pathAndQuery">Begins with a slash.</param>
    /// <exception cref="InvalidOperationException">The origin is not set.</exception>
    public Uri Link(string pathAndQuery) =>
        new(Origin ?? throw new InvalidOperationException("Origin must be set."), pathAndQuery);

    /// <summary>The origin as browsers say it.</summary>
    public string AsBrowsersSay() => OriginOf(Link("/"));

    /// <summary>
    /// The origin of an address as browsers say it: names of other scripts in ASCII, without a user's name and the usual
    /// port.
    /// </summary>
    public static string OriginOf(Uri address) =>
        new UriBuilder(address.Scheme, address.IdnHost, address.Port).Uri.GetLeftPart(UriPartial.Authority);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Origin is null)
        {
            yield break;
        }

        var isWeb =
            Origin.IsAbsoluteUri
            && (Origin.Scheme == Uri.UriSchemeHttps || Origin is { Scheme: "http", IsLoopback: true });
        if (!isWeb || Origin is not { PathAndQuery: "/", UserInfo: "", Fragment: "" })
        {
            yield return new(
                $"Origin must be https://HOST[:PORT] (or http on a loopback address) without a path, but was '{Origin}'.",
                [nameof(Origin)]
            );
        }
    }
}
