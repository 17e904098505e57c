using IdP.Recovery.Factors.Passkeys;

namespace IdP.UI;

/// <summary>
/// The model of the partial <c>_PasskeyButton</c>, which stands in any <c>form method="post"</c> and fills its fields
/// <c>PasskeyState</c> and <c>PasskeyCredential</c> before it sends it.
/// </summary>
/// <param name="Ceremony">What the browser needs.</param>
/// <param name="Label">The button's words.</param>
public sealed record PasskeyButton(PasskeyCeremony Ceremony, string Label)
{
    /// <summary>Whether a passkey is made instead of used.</summary>
    public bool Creates { get; init; }

    /// <summary>Whether it is the form's primary button.</summary>
    public bool Primary { get; init; }

    /// <summary>Whether passkeys are offered in the page's field with <c>autocomplete="… webauthn"</c> too.</summary>
    public bool Autofill { get; init; }

    /// <summary>Whether a browser that knows no passkeys is told so, instead of shown nothing.</summary>
    public bool SaysWhenMissing { get; init; } = true;

    /// <summary>
    /// A path on this host that answers with a fresh <see cref="Fresh"/>, for pages that stay open longer than a
    /// challenge lives; null where an old one just fails.
    /// </summary>
    public string? RefreshPath { get; init; }

    /// <summary>What <see cref="RefreshPath"/> answers, as JSON.</summary>
    /// <param name="Options">The options, as JSON in a string.</param>
    public sealed record Fresh(string Options, string State)
    {
        /// <summary>The answer for a ceremony.</summary>
        public static Fresh Of(PasskeyCeremony ceremony) => new(ceremony.OptionsJson, ceremony.State);
    }
}
