using Microsoft.Extensions.Localization;

namespace IdP.UI;

/// <summary>What an application may see, in a person's words.</summary>
public static class ScopeWords
{
    /// <summary>The words for a scope: those of OpenID Connect's own, else the host's, else its name.</summary>
    /// <param name="text">The texts.</param>
    /// <param name="scope">Its name.</param>
    /// <param name="clients">Who knows the host's scopes.</param>
    public static string Scope(this IStringLocalizer<Text> text, string scope, IRequestingClientSource clients)
    {
        var known = text["Scope." + scope];
        return known.ResourceNotFound ? clients.ScopeNameOf(scope) ?? scope : known.Value;
    }
}
