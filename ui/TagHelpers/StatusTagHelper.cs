using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary>What a status, a notice or a toast says by its colour and its icon.</summary>
public enum Tone
{
    /// <summary>Nothing to do and nothing gained.</summary>
    Neutral,

    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>It worked, or all is well.</summary>
    Success,

    /// <summary>Something will need doing.</summary>
    Warning,

    /// <summary>Something is wrong, or cannot be taken back.</summary>
    Danger,
}

/// <summary><c>&lt;idp-status tone="Success"&gt;Enrolled&lt;/idp-status&gt;</c>: a word with an icon, never colour alone.</summary>
[HtmlTargetElement("idp-status")]
public sealed class StatusTagHelper : TagHelper
{
    /// <summary>Colour, and the icon unless <see cref="Icon"/> names another.</summary>
    public Tone Tone { get; set; }

    /// <summary>An icon's name.</summary>
    public string? Icon { get; set; }

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "span";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", $"status {Tone.Class("status")}".TrimEnd());
        output.PreContent.SetHtmlContent(Icons.Draw(Icon ?? Tone.Icon()));
    }
}

internal static class Tones
{
    public static string Class(this Tone tone, string component) =>
        tone switch
        {
            Tone.Neutral => "",
            Tone.Info => $"{component}-info",
            Tone.Success => $"{component}-success",
            Tone.Warning => $"{component}-warning",
            Tone.Danger => $"{component}-danger",
            _ => throw new ArgumentOutOfRangeException(nameof(tone)),
        };

    public static string Icon(this Tone tone) =>
        tone switch
        {
            Tone.Neutral => "dot",
            Tone.Info => "info",
            Tone.Success => "success",
            Tone.Warning => "warning",
            Tone.Danger => "danger",
            _ => throw new ArgumentOutOfRangeException(nameof(tone)),
        };
}
