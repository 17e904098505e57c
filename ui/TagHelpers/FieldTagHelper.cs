using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary>
/// <c>&lt;idp-field for="Email" label="…" hint="…" type="email" autocomplete="username" /&gt;</c>: label, hint, error and
/// input in one. The value that was sent is kept; other attributes go to the input. A child takes the input's place
/// (<c>&lt;select id="Field" name="Field" class="input"&gt;</c>).
/// </summary>
[HtmlTargetElement("idp-field", Attributes = "for,label")]
public class FieldTagHelper : TagHelper
{
    /// <summary>The property of the page's model.</summary>
    public ModelExpression For { get; set; } = null!;

    /// <summary>The form's name for the field, where it is another than the property's.</summary>
    public string? As { get; set; }

    /// <summary>What is asked, in words.</summary>
    public string Label { get; set; } = "";

    /// <summary>Help between label and input.</summary>
    public string? Hint { get; set; }

    /// <summary>The input's type: <c>text</c> (default), <c>email</c>, <c>number</c>, <c>search</c>…</summary>
    public string Type { get; set; } = "text";

    /// <summary>The page this stands on.</summary>
    [HtmlAttributeNotBound, ViewContext]
    public ViewContext ViewContext { get; set; } = null!;

    /// <summary>The form's name for the field.</summary>
    private protected string Name => As ?? ViewContext.ViewData.TemplateInfo.GetFullHtmlFieldName(For.Name);

    /// <summary>The input's id, which the error summary links to.</summary>
    private protected string Id => TagBuilder.CreateSanitizedId(Name, "_");

    /// <summary>What was sent, or what the model holds.</summary>
    private protected virtual string? Value =>
        ViewContext.ModelState.TryGetValue(Name, out var entry) && entry.AttemptedValue is { } sent
            ? sent
            : For.Model?.ToString();

    private string? Error =>
        ViewContext.ModelState.TryGetValue(Name, out var entry) && entry.Errors.Count > 0
            ? entry.Errors[0].ErrorMessage
            : null;

    /// <inheritdoc />
    public override async Task ProcessAsync(TagHelperContext context, TagHelperOutput output)
    {
        var own = await output.GetChildContentAsync();
        var input = Input();
        foreach (var attribute in output.Attributes)
        {
            input.Attributes[attribute.Name] =
                attribute.ValueStyle == HtmlAttributeValueStyle.Minimized ? "" : attribute.Value?.ToString();
        }

        output.Attributes.Clear();
        output.TagName = "div";
        output.TagMode = TagMode.StartTagAndEndTag;
        output.Attributes.SetAttribute("class", "field");

        var label = new TagBuilder("label");
        label.Attributes["for"] = Id;
        label.InnerHtml.Append(Label);
        output.Content.SetHtmlContent(label);

        var described = new List<string>(2);
        if (Hint is not null)
        {
            var hint = Paragraph("field-hint", "hint", described);
            hint.InnerHtml.Append(Hint);
            output.Content.AppendHtml(hint);
        }

        if (Error is { } message)
        {
            var error = Paragraph("field-error", "error", described);
            error.InnerHtml.AppendHtml(Icons.Draw("danger")).AppendHtml("<span>").Append(message).AppendHtml("</span>");
            output.Content.AppendHtml(error);
            input.Attributes["aria-invalid"] = "true";
        }

        Describe(described);
        if (described.Count > 0)
        {
            input.Attributes["aria-describedby"] = string.Join(' ', described);
        }

        if (own.IsEmptyOrWhiteSpace)
        {
            Place(input, output);
        }
        else
        {
            output.Content.AppendHtml(own);
        }
    }

    /// <summary>The input before the attributes of the page are added.</summary>
    private protected virtual TagBuilder Input()
    {
        var input = new TagBuilder("input") { TagRenderMode = TagRenderMode.SelfClosing };
        input.Attributes["id"] = Id;
        input.Attributes["name"] = Name;
        input.Attributes["type"] = Type;
        input.Attributes["class"] = "input";
        if (Value is { } value)
        {
            input.Attributes["value"] = value;
        }

        return input;
    }

    /// <summary>Puts the input, with what belongs around it.</summary>
    private protected virtual void Place(TagBuilder input, TagHelperOutput output) => output.Content.AppendHtml(input);

    /// <summary>Ids of further descriptions.</summary>
    private protected virtual void Describe(List<string> ids) { }

    private TagBuilder Paragraph(string cssClass, string suffix, List<string> described)
    {
        var paragraph = new TagBuilder("p");
        paragraph.AddCssClass(cssClass);
        paragraph.Attributes["id"] = $"{Id}-{suffix}";
        described.Add($"{Id}-{suffix}");
        return paragraph;
    }
}
