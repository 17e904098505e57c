using System.Globalization;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdP.UI.TagHelpers;

/// <summary>
/// <c>&lt;idp-code for="Code" label="…" digits="6" /&gt;</c>: one field for a one-time code, which takes paste and spaces
/// (the server strips spaces and hyphens again). A code that failed is not shown again.
/// </summary>
[HtmlTargetElement("idp-code", Attributes = "for,label")]
public sealed class CodeTagHelper : FieldTagHelper
{
    /// <summary>How many digits, 6 to 8; default 6.</summary>
    public int Digits { get; set; } = 6;

    private protected override string? Value => null;

    private protected override TagBuilder Input()
    {
        Type = "text";
        var input = base.Input();
        input.AddCssClass("input-code");
        input.Attributes["inputmode"] = "numeric";
        input.Attributes["autocomplete"] = "one-time-code";
        input.Attributes["autocapitalize"] = "off";
        input.Attributes["spellcheck"] = "false";
        // Twice the digits leaves room for the spaces people paste.
        input.Attributes["maxlength"] = (Digits * 2).ToString(CultureInfo.InvariantCulture);
        input.Attributes["data-code"] = Digits.ToString(CultureInfo.InvariantCulture);
        return input;
    }
}
