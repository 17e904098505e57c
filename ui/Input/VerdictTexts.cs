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
            PasswordVerdict.TooShort(var minimum) => text["Password_TooShort", minimum],
            PasswordVerdict.TooLong(var maximum) => text["Password_TooLong", maximum],
            PasswordVerdict.InvalidCharacters => text["Password_InvalidCharacters"],
            PasswordVerdict.Common => text["Password_Common"],
            PasswordVerdict.Predictable => text["Password_Predictable"],
            PasswordVerdict.NamesService => text["Password_NamesService"],
            PasswordVerdict.NamesOwner => text["Password_NamesOwner"],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
