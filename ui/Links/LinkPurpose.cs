namespace IdP.UI.Links;

/// <summary>What a token in a cookie is for; one of one kind is none of another.</summary>
/// <param name="Name">Kept with the token.</param>
/// <param name="Cookie">The cookie's name.</param>
/// <param name="Path">Where the browser sends it.</param>
/// <param name="Page">The clean page behind the link.</param>
internal sealed record LinkPurpose(string Name, string Cookie, string Path, string Page)
{
    /// <summary>A new password.</summary>
    public static LinkPurpose PasswordReset { get; } = new("PasswordReset", "idp-reset", "/reset", "/reset/password");

    /// <summary>'This was not me'.</summary>
    public static LinkPurpose NotMe { get; } = new("NotMe", "idp-not-me", "/not-me", "/not-me");

    /// <summary>Not from a mail: a sign-in that waits for its second factor.</summary>
    public static LinkPurpose SignIn { get; } = new("SignIn", "idp-sign-in", "/login", "/login/factor");

    /// <summary>Not from a mail: the browser that a passkey is asked of before anybody has signed in.</summary>
    public static LinkPurpose Passkey { get; } = new("Passkey", "idp-passkey", "/login", "/login/passkey");

    /// <summary>Not from a mail: the services that follow a reset that was just done in this browser.</summary>
    public static LinkPurpose Receipts { get; } = new("Receipts", "idp-receipts", "/reset/done", "/reset/done");

    /// <summary>The end of a lock.</summary>
    public static LinkPurpose Unlock { get; } = new("Unlock", "idp-unlock", "/unlock", "/unlock");

    /// <summary>An administrator's reset is stopped by another.</summary>
    public static LinkPurpose StopReset { get; } = new("StopReset", "idp-stop-reset", "/stop-reset", "/stop-reset");

    /// <summary>Somebody objects to the reset of their MFA.</summary>
    public static LinkPurpose ObjectToMfaReset { get; } = new("ObjectToMfaReset", "idp-object", "/object", "/object");
}
