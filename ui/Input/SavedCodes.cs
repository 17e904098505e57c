namespace IdP.UI.Input;

/// <summary>What the partial <c>_RecoveryCodes</c> shows.</summary>
/// <param name="Codes">As they will be typed.</param>
/// <param name="Email">Whose they are, for the printed page.</param>
/// <param name="GoOn">Where to go on once they are saved.</param>
internal sealed record SavedCodes(IReadOnlyList<string> Codes, string Email, string GoOn);
