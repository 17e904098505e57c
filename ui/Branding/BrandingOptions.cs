using System.ComponentModel.DataAnnotations;

namespace IdP.UI.Branding;

/// <summary>Who answers: the name, the mark and the colour of every page and mail. Section <c>Branding</c>.</summary>
public sealed class BrandingOptions
{
    /// <summary>The configuration section these are read from.</summary>
    public const string Section = "Branding";

    /// <summary>The provider's name, 1 to 60 characters. Default: <c>IdP</c>.</summary>
    [Required(ErrorMessage = "Branding:Name must be given, but was empty.")]
    [StringLength(60, ErrorMessage = "Branding:Name must be at most 60 characters, but was longer.")]
    public string Name { get; set; } = "IdP";

    /// <summary>
    /// A path of this host (<c>/logo.svg</c>) to the provider's mark, shown 32 px high. Default: none, which
    /// shows the built-in mark in the accent's colour. Other origins are refused by the Content-Security-Policy.
    /// </summary>
    [RegularExpression(
        LocalPath,
        ErrorMessage = "Branding:LogoUrl must be a path of this host such as /logo.svg, but was something else."
    )]
    public string? LogoUrl { get; set; }

    /// <summary>
    /// The accent as <c>#rrggbb</c>. Default: <c>#17604f</c>. A shade with a contrast of at least 4.5:1 against the
    /// page and under its text is computed from it for light and for dark (WCAG 2.2, 1.4.3).
    /// </summary>
    [Required(ErrorMessage = "Branding:Accent must be a colour such as #17604f, but was empty.")]
    [RegularExpression(
        "^#[0-9a-fA-F]{6}$",
        ErrorMessage = "Branding:Accent must be a colour such as #17604f, but was something else."
    )]
    public string Accent { get; set; } = "#17604f";

    /// <summary>
    /// A path of this host to a stylesheet that is loaded last and may set any <c>--idp-…</c> variable of
    /// <c>Assets/css/tokens.css</c>. Default: none.
    /// </summary>
    [RegularExpression(
        LocalPath,
        ErrorMessage = "Branding:Stylesheet must be a path of this host such as /brand.css, but was something else."
    )]
    public string? Stylesheet { get; set; }

    /// <summary>Where 'Help' in the footer leads: an absolute https or mailto address. Default: none, no link.</summary>
    public Uri? SupportUrl { get; set; }

    // Security: '//host' and '/\host' are other origins.
    private const string LocalPath = @"^/(?![/\\])[^\s\\]*$";
}
