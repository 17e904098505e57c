using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary><c>&lt;idp-submit&gt;Send Reset Request&lt;/idp-submit&gt;</c>: the page's one primary button, full width.</summary>
[HtmlTargetElement("idp-submit")]
public sealed class SubmitTagHelper : TagHelper
{
    /// <summary>Whether what it does cannot be taken back.</summary>
    public bool Danger { get; set; }

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = "button";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("type", "submit");
        output.Attributes.SetAttribute(
            "class",
            Danger ? "button button-danger button-wide" : "button button-primary button-wide"
        );
    }
}
