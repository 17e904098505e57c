using System.Globalization;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Razor.TagHelpers;
using Microsoft.Extensions.Localization;

namespace IdP.UI.TagHelpers;

/// <summary>
/// <c>&lt;idp-password for="Password" label="…" autocomplete="current-password" /&gt;</c>: shown and hidden by a button,
/// never sent back. With <see cref="MinLength"/> the requirements stand before the input and tick while typing;
/// the server decides.
/// </summary>
[HtmlTargetElement("idp-password", Attributes = "for,label,autocomplete")]
public sealed class PasswordTagHelper(IStringLocalizer<Text> text) : FieldTagHelper
{
    /// <summary>The least number of characters (Unicode code points), 8 to 64, or null to show no requirements.</summary>
    public int? MinLength { get; set; }

    /// <summary>Words the password must not hold: the person's name, address, the provider's name.</summary>
    public IEnumerable<string>? Without { get; set; }

    private protected override string? Value => null;

    private bool HasRequirements => MinLength is not null || Without is not null;

    private protected override TagBuilder Input()
    {
        Type = "password";
        var input = base.Input();
        input.Attributes["autocapitalize"] = "off";
        input.Attributes["spellcheck"] = "false";
        return input;
    }

    private protected override void Describe(List<string> ids)
    {
        if (HasRequirements)
        {
            ids.Add($"{Id}-requirements");
        }
    }

    private protected override void Place(TagBuilder input, TagHelperOutput output)
    {
        if (HasRequirements)
        {
            output.Content.AppendHtml(Requirements());
        }

        var button = new TagBuilder("button");
        button.AddCssClass("reveal-button");
        button.Attributes["type"] = "button";
        button.Attributes["hidden"] = "";
        button.Attributes["data-reveal"] = Id;
        button.Attributes["aria-pressed"] = "false";
        button.Attributes["aria-controls"] = Id;
        // The name stays the same while aria-pressed tells the state; the shown word is part of it (WCAG 2.5.3).
        button
            .InnerHtml.AppendHtml("<span class=\"when-hidden\">")
            .Append(text["Password.Show"])
            .AppendHtml("</span>")
            .AppendHtml("<span class=\"when-shown\">")
            .Append(text["Password.Hide"])
            .AppendHtml("</span>")
            .AppendHtml("<span class=\"sr-only\"> ")
            .Append(Label)
            .AppendHtml("</span>");

        var row = new TagBuilder("div");
        row.AddCssClass("reveal-row");
        row.InnerHtml.AppendHtml(input).AppendHtml(button);
        output.Content.AppendHtml(row);
    }

    private TagBuilder Requirements()
    {
        var list = new TagBuilder("ul");
        list.AddCssClass("requirements");
        list.Attributes["id"] = $"{Id}-requirements";
        list.Attributes["data-requirements-for"] = Id;
        if (MinLength is { } least)
        {
            var number = least.ToString(CultureInfo.InvariantCulture);
            list.InnerHtml.AppendHtml(Requirement("length", text["Password.AtLeast", least], ("data-min", number)));
        }

        if (Without is not null)
        {
            var words = string.Join(' ', Without.Where(word => !string.IsNullOrWhiteSpace(word)));
            list.InnerHtml.AppendHtml(Requirement("without", text["Password.WithoutYourData"], ("data-words", words)));
        }

        list.InnerHtml.AppendHtml(Requirement("server", text["Password.NotCommon"]));
        return list;
    }

    private TagBuilder Requirement(string rule, string words, (string Name, string Value)? data = null)
    {
        var item = new TagBuilder("li");
        if (data is { } extra)
        {
            item.Attributes["data-rule"] = rule;
            item.Attributes["data-met"] = text["Password.Met"];
            item.Attributes["data-unmet"] = text["Password.NotMet"];
            item.Attributes[extra.Name] = extra.Value;
        }

        item.InnerHtml.AppendHtml(Icons.Draw("dot", "icon-open"))
            .AppendHtml(Icons.Draw("check", "icon-met"))
            .AppendHtml("<span>")
            .Append(words)
            .AppendHtml("<span class=\"sr-only\" data-state></span></span>");
        return item;
    }
}
