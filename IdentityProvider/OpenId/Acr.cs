using System.Security.Claims;
using IdP.Recovery.Ports;

namespace IdentityProvider.OpenId;

/// <summary>The values of <c>acr</c>, weakest first, and which of them a session reaches.</summary>
internal static class Acr
{
    /// <summary>A password alone (SP 800-63B-4: AAL1).</summary>
    public const string Password = "urn:idp:acr:pwd";

    /// <summary>Two factors were proved in this session (AAL2). A remembered browser is none.</summary>
    public const string Factor = "urn:idp:acr:mfa";

    /// <summary>A passkey was used, which cannot be phished (OpenID EAP ACR Values 1.0).</summary>
    public const string Passkey = "phr";

    public static readonly IReadOnlyList<string> All = [Password, Factor, Passkey];

    public static string Of(ClaimsPrincipal session)
    {
        var methods = session.FindAll(SessionClaims.Methods).Select(m => m.Value).ToHashSet();
        return !methods.Contains("mfa") ? Password
            : methods.Contains("hwk") || methods.Contains("swk") ? Passkey
            : Factor;
    }

    /// <summary>Of the values asked for the strongest that a session reaches; null where it reaches none.</summary>
    public static string? Named(ClaimsPrincipal session, IEnumerable<string> asked) =>
        asked.Where(All.Contains).Where(acr => Rank(acr) <= Rank(Of(session))).MaxBy(Rank);

    /// <summary>
    /// Whether a session falls short of all the values asked for. They are wishes (OpenID Connect Core 3.1.2.1): values
    /// that are not ours are passed over.
    /// </summary>
    public static bool FallsShort(ClaimsPrincipal session, IEnumerable<string> asked)
    {
        var wishes = asked.Where(All.Contains).Select(Rank).ToList();
        return wishes.Count > 0 && Rank(Of(session)) < wishes.Min();
    }

    /// <summary>Whether a password alone meets none of the values asked for.</summary>
    public static bool WantsFactor(IEnumerable<string> asked)
    {
        var wishes = asked.Where(All.Contains).ToList();
        return wishes.Count > 0 && !wishes.Contains(Password);
    }

    /// <summary>Whether nothing but a passkey meets the values asked for.</summary>
    public static bool OnlyPasskey(IEnumerable<string> asked)
    {
        var wishes = asked.Where(All.Contains).ToList();
        return wishes.Count > 0 && wishes.TrueForAll(wish => wish == Passkey);
    }

    private static int Rank(string acr) =>
        acr switch
        {
            Passkey => 2,
            Factor => 1,
            _ => 0,
        };
}
