using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdP.UI.Input;

/// <summary>A page that asks for a second factor, by the partial <c>_FactorForm</c>.</summary>
internal abstract class FactorPage(UsePasskey passkeys, FactorStandings standings) : PageModel
{
    /// <summary>Which factor is shown: <c>totp</c>, <c>passkey</c> or <c>recovery-code</c>.</summary>
    [BindProperty(SupportsGet = true)]
    public string? With { get; set; }

    /// <summary>A code that was typed; never shown again.</summary>
    [BindProperty]
    public string? Code { get; set; }

    /// <summary>With what a passkey's ceremony began.</summary>
    [BindProperty]
    public string? PasskeyState { get; set; }

    /// <summary>The browser's answer to it, as JSON.</summary>
    [BindProperty]
    public string? PasskeyCredential { get; set; }

    /// <summary>What the form offers; null until the account is known.</summary>
    public FactorWays? Ways { get; private set; }

    /// <summary>What a passkey's answer must belong to: the session, the half-finished sign-in or the mailed link.</summary>
    protected abstract string? BoundTo { get; }

    protected FactorProof Proof =>
        With switch
        {
            FactorWays.Passkey => new FactorProof.Passkey(PasskeyState, PasskeyCredential, BoundTo),
            FactorWays.RecoveryCode => new FactorProof.RecoveryCode(Code),
            _ => new FactorProof.Totp(Code),
        };

    /// <summary>Where a refusal is said: a passkey has no field on the page.</summary>
    protected string RefusedField => With == FactorWays.Passkey ? "" : nameof(Code);

    /// <summary>The text of a refusal; with <c>Left</c> behind it, the one that counts the tries.</summary>
    protected string RefusedText => With == FactorWays.Passkey ? "Factor.PasskeyRefused" : "Factor.Refused";

    /// <summary>The key of the text that says why a proof was not even looked at.</summary>
    protected string FlawText(FactorFlaw why) =>
        why == FactorFlaw.Unreadable ? "Factor.Unreadable"
        : why == FactorFlaw.TooLate ? "Factor.TooLate"
        : With == FactorWays.RecoveryCode ? "Factor.NoCode.recovery-code"
        : "Factor.NoCode.totp";

    /// <summary>What a browser is asked where a passkey is shown.</summary>
    public PasskeyCeremony? Ceremony { get; private set; }

    protected async Task OfferAsync(
        RecoverableAccount account,
        FactorUse use,
        CancellationToken cancellationToken,
        bool onlyPasskey = false
    )
    {
        var states = await standings.OfAsync(account, use, HttpContext.Requester(), cancellationToken);
        Ways = FactorWays.Of([.. states.Where(s => !onlyPasskey || s.Kind == FactorKind.Passkey)], With);
        if (Ways.Chosen is { Kind: FactorKind.Passkey, Standing: not FactorStanding.Disabled })
        {
            Ceremony = await passkeys.BeginAsync(account, BoundTo, cancellationToken);
        }
    }
}

/// <summary>The factors that a form offers, and the one it shows.</summary>
/// <param name="Chosen">The one it shows; null when there is none.</param>
/// <param name="Others">The ones behind links.</param>
internal sealed record FactorWays(FactorState? Chosen, IReadOnlyList<FactorState> Others)
{
    public const string Totp = "totp";
    public const string Passkey = "passkey";
    public const string RecoveryCode = "recovery-code";

    /// <summary>What a kind of factor is called in addresses and among the texts.</summary>
    public static string Name(FactorKind kind) =>
        kind switch
        {
            FactorKind.Totp => Totp,
            FactorKind.Passkey => Passkey,
            FactorKind.RecoveryCode => RecoveryCode,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>The same page with another factor.</summary>
    public static string Link(HttpRequest request, FactorState way)
    {
        var query = QueryString.Create("with", Name(way.Kind));
        return request.Query["returnUrl"] is [{ } returnUrl]
            ? request.Path + query.Add("returnUrl", returnUrl)
            : request.Path + query;
    }

    /// <summary>The one that was asked for, or else the first.</summary>
    public static FactorWays Of(IReadOnlyList<FactorState> states, string? asked)
    {
        var chosen = states.FirstOrDefault(s => Name(s.Kind) == asked) ?? (states.Count > 0 ? states[0] : null);
        return new(chosen, [.. states.Where(s => s != chosen)]);
    }
}
