using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace IdP.UI;

/// <summary>What a page has done, for the next page to say.</summary>
public static class Told
{
    private const string Key = "IdP.Told";
    private const string UndoKey = "IdP.Undo";
    private const string AsksKey = "IdP.UndoAsks";
    private const string ChoiceKey = "IdP.ChoiceDone";
    private const string PasskeyKey = "IdP.RemovedPasskey";

    /// <summary>Shows a sentence as a notification on the next page. Nothing secret: it travels in a cookie.</summary>
    public static void Tell(this ITempDataDictionary data, string sentence) => data[Key] = sentence;

    /// <summary>The same, with a way to take it back.</summary>
    internal static void Tell(this ITempDataDictionary data, string sentence, Undo? undo)
    {
        data.Tell(sentence);
        if (undo is not null)
        {
            data[UndoKey] = undo.Address;
            data[AsksKey] = undo.Asks;
        }
    }

    /// <summary>Lets the next page forget who was chosen in a list.</summary>
    internal static void ForgetChoice(this ITempDataDictionary data) => data[ChoiceKey] = true;

    /// <summary>How the sentence is taken back; null where there is no way.</summary>
    internal static Undo? TakeUndo(this ITempDataDictionary data) =>
        data[UndoKey] is string address ? new(address, data[AsksKey] is true) : null;

    /// <summary>Whether who was chosen is to be forgotten.</summary>
    internal static bool TakeForgetChoice(this ITempDataDictionary data) => data[ChoiceKey] is true;

    /// <summary>Lets the next page tell the browser's authenticators that a passkey is gone.</summary>
    internal static void TellRemoved(this ITempDataDictionary data, string passkeyId) => data[PasskeyKey] = passkeyId;

    /// <summary>The passkey that was removed just now; null when none was.</summary>
    internal static string? TakeRemoved(this ITempDataDictionary data) => data[PasskeyKey] as string;

    /// <summary>The sentence to show, once; null when there is none.</summary>
    public static string? TakeTold(this ITempDataDictionary data) => data[Key] as string;
}

/// <summary>How something is taken back.</summary>
/// <param name="Address">A page that does it.</param>
/// <param name="Asks">Whether that page asks something first, or does it when a form is sent there.</param>
internal sealed record Undo(string Address, bool Asks);
