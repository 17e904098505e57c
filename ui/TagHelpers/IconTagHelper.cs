using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary><c>&lt;idp-icon name="mail" /&gt;</c>: an inline drawing, hidden from screen readers.</summary>
[HtmlTargetElement("idp-icon", TagStructure = TagStructure.WithoutEndTag)]
public sealed class IconTagHelper : TagHelper
{
    /// <summary>The icon's name; <c>/dev/gallery</c> shows all.</summary>
    public string Name { get; set; } = "";

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        output.TagName = null;
        output.Content.SetHtmlContent(Icons.Draw(Name));
    }
}
