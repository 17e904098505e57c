using IdP.Recovery.Passwords;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Input;

internal static class VerdictTexts
{
    /// <summary>Why a password is refused, in the reader's language.</summary>
    public static string Describe(this IStringLocalizer<Text> text, PasswordVerdict verdict) =>
        verdict switch
        {
            PasswordVerdict.Accepted => "",
            PasswordVerdict.TooShort(var minimum) => text["Password.TooShort", minimum],
            PasswordVerdict.TooLong(var maximum) => text["Password.TooLong", maximum],
            PasswordVerdict.InvalidCharacters => text["Password.InvalidCharacters"],
            PasswordVerdict.Common => text["Password.Common"],
            PasswordVerdict.Predictable => text["Password.Predictable"],
            PasswordVerdict.NamesService => text["Password.NamesService"],
            PasswordVerdict.NamesOwner => text["Password.NamesOwner"],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
