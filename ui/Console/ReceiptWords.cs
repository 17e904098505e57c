using IdP.Recovery.Endpoints;
using IdP.UI.TagHelpers;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Console;

/// <summary>How receipts, and the endpoints behind them, look and are spoken of.</summary>
internal static class ReceiptWords
{
    /// <summary>Whether the endpoint has it.</summary>
    public static bool IsInEffect(Receipt receipt) => receipt.State is ReceiptState.Applied or ReceiptState.Sent;

    public static (Tone Tone, string Icon) Look(ReceiptState state) =>
        state switch
        {
            ReceiptState.Applied or ReceiptState.Sent => (Tone.Success, "check"),
            ReceiptState.Pending => (Tone.Info, "clock"),
            ReceiptState.WaitsForSignIn => (Tone.Warning, "clock"),
            ReceiptState.Failed => (Tone.Danger, "danger"),
            ReceiptState.Superseded => (Tone.Neutral, "next"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    public static (Tone Tone, string Icon) Look(EndpointCondition condition) =>
        condition switch
        {
            EndpointCondition.Healthy => (Tone.Success, "check"),
            EndpointCondition.Failing => (Tone.Danger, "danger"),
            EndpointCondition.Unused => (Tone.Neutral, "clock"),
            EndpointCondition.Paused => (Tone.Warning, "lock"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Why something did not reach an endpoint, with what the endpoint said.</summary>
    public static string Flaw(this IStringLocalizer text, DeliveryFlaw flaw, string? detail) =>
        detail is null ? text[$"Endpoint.Flaw.{flaw}"].Value : $"{text[$"Endpoint.Flaw.{flaw}"].Value} ({detail})";

    /// <summary>How a test ended.</summary>
    public static string Tested(this IStringLocalizer text, DeliveryOutcome outcome) =>
        outcome switch
        {
            DeliveryOutcome.Refused(var flaw, var detail) => text.Flaw(flaw, detail),
            DeliveryOutcome.NotYet(var flaw, var detail) => text.Flaw(flaw, detail),
            _ => text["Endpoints.TestWorked"].Value,
        };

    /// <summary>The changes that a set holds, one by one.</summary>
    public static IEnumerable<CredentialChanges> Each(this CredentialChanges changes) =>
        Enum.GetValues<CredentialChanges>()
            .Where(c => System.Numerics.BitOperations.IsPow2((int)c) && changes.HasFlag(c));
}
