namespace IdP.UI.Input;

/// <summary>A fresh recovery code in the place of one that was used, shown once (SP 800-63B-4, 4.2.1.1).</summary>
/// <param name="GoOn">Where to go on, on this host.</param>
internal sealed record ReplacementCode(string Code, string GoOn);
