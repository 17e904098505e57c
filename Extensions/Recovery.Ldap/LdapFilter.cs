using System.Globalization;
using System.Text;

namespace IdP.Recovery.Ldap;

/// <summary>Values in search filters (RFC 4515).</summary>
internal static class LdapFilter
{
    /// <summary>A value of which nothing is read as part of the filter. Security: threat 3.</summary>
    public static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            _ = c is '\\' or '*' or '(' or ')' or '\0'
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\{(int)c:x2}")
                : escaped.Append(c);
        }

        return escaped.ToString();
    }
}
