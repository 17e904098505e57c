using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.Extensions.Localization;

namespace IdP.UI.TagHelpers;

/// <summary>
/// <c>&lt;idp-errors /&gt;</c>: what is wrong, first on the page, each error a link to its field. Nothing while nothing is
/// wrong. Errors without a key (<c>AddModelError("", …)</c>) stand as text.
/// </summary>
[HtmlTargetElement("idp-errors", TagStructure = TagStructure.WithoutEndTag)]
public sealed class ErrorSummaryTagHelper(IStringLocalizer<Text> text) : TagHelper
{
    /// <summary>The page this stands on.</summary>
    [HtmlAttributeNotBound, ViewContext]
    public ViewContext ViewContext { get; set; } = null!;

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        if (ViewContext.ModelState.IsValid)
        {
            output.SuppressOutput();
            return;
        }

        output.TagName = "div";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", "error-summary");
        output.Attributes.SetAttribute("role", "alert");
        output.Attributes.SetAttribute("tabindex", "-1");
        output.Attributes.SetAttribute("data-autofocus", "");
        output.Content.AppendHtml("<h2>").Append(text["Errors.Title"]).AppendHtml("</h2><ul>");
        foreach (var (key, entry) in ViewContext.ModelState.OrderBy(pair => Place(pair.Key)))
        {
            // One error a field: the next shows itself when this one is gone.
            if (entry?.Errors.FirstOrDefault() is { } error)
            {
                output.Content.AppendHtml(Line(key, error.ErrorMessage));
            }
        }

        output.Content.AppendHtml("</ul>");
    }

    // In the order of the page: as the model declares its properties, what belongs to no field first.
    private int Place(string key)
    {
        var place = 0;
        var metadata = ViewContext.ViewData.ModelMetadata;
        foreach (var name in key.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            var index = IndexOf(metadata, name);
            place = place * 100 + index + 1;
            if (index < metadata.Properties.Count)
            {
                metadata = metadata.Properties[index];
            }
        }

        return place;
    }

    private static int IndexOf(ModelMetadata metadata, string name)
    {
        var index = 0;
        while (index < metadata.Properties.Count && metadata.Properties[index].PropertyName != name)
        {
            index++;
        }

        return index;
    }

    private static TagBuilder Line(string key, string message)
    {
        var item = new TagBuilder("li");
        if (key.Length == 0)
        {
            item.InnerHtml.Append(message);
            return item;
        }

        var link = new TagBuilder("a");
        link.Attributes["href"] = "#" + TagBuilder.CreateSanitizedId(key, "_");
        link.InnerHtml.Append(message);
        item.InnerHtml.AppendHtml(link);
        return item;
    }
}
