using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary><c>&lt;idp-notice tone="Warning" title="…"&gt;…&lt;/idp-notice&gt;</c>: something to know before going on.</summary>
[HtmlTargetElement("idp-notice")]
public sealed class NoticeTagHelper : TagHelper
{
    /// <summary>Colour and icon; default <see cref="Tone.Info"/>.</summary>
    public Tone Tone { get; set; } = Tone.Info;

    /// <summary>A first line in bold.</summary>
    public string? Title { get; set; }

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "div";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", $"notice {Tone.Class("notice")}".TrimEnd());
        output.PreContent.AppendHtml(Icons.Draw(Tone.Icon())).AppendHtml("<div class=\"notice-body\">");
        if (Title is not null)
        {
            output.PreContent.AppendHtml($"<p class=\"notice-title\">{HtmlEncoder.Default.Encode(Title)}</p>");
        }

        output.PostContent.SetHtmlContent("</div>");
    }
}
