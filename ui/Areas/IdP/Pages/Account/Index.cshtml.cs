using System.ComponentModel.DataAnnotations;
using IdP.Recovery.Ports;
using IdP.UI.Input;
using IdP.UI.Ports;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Account;

/// <summary>The person's profile: what applications are told when they are allowed to ask.</summary>
public sealed class IndexModel(IAccountProfiles profiles, IStringLocalizer<Text> text) : PageModel
{
    /// <summary>What was typed.</summary>
    [BindProperty]
    public ProfileInput Input { get; set; } = new();

    /// <summary>Shows the profile.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        if (await profiles.FindAsync(User.AccountId(), cancellationToken) is not { } profile)
        {
            return NotFound();
        }

        Input = ProfileInput.From(profile);
        return Page();
    }

    /// <summary>Keeps the profile.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (Input.ZoneInfo is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            ModelState.AddModelError("Input.ZoneInfo", text["Profile.UnknownZone"]);
        }

        if (!ModelState.IsValid)
        {
            return this.Again();
        }

        await profiles.SaveAsync(User.AccountId(), Input.ToProfile(), cancellationToken);
        TempData.Tell(text["Profile.Saved"]);
        return this.SeeOther("/account", "/account");
    }
}

/// <summary>The profile as a form.</summary>
public sealed class ProfileInput
{
    /// <summary>Claim <c>name</c>.</summary>
    [StringLength(128, ErrorMessage = "Field.TooLong")]
    public string? Name { get; set; }

    /// <summary>Claim <c>given_name</c>.</summary>
    [StringLength(64, ErrorMessage = "Field.TooLong")]
    public string? GivenName { get; set; }

    /// <summary>Claim <c>family_name</c>.</summary>
    [StringLength(64, ErrorMessage = "Field.TooLong")]
    public string? FamilyName { get; set; }

    /// <summary>Claim <c>nickname</c>.</summary>
    [StringLength(64, ErrorMessage = "Field.TooLong")]
    public string? Nickname { get; set; }

    /// <summary>Claim <c>birthdate</c>.</summary>
    [RegularExpression(@"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", ErrorMessage = "Profile.BirthdateShape")]
    public string? Birthdate { get; set; }

    /// <summary>Claim <c>website</c>.</summary>
    [StringLength(512, ErrorMessage = "Field.TooLong")]
    [Url(ErrorMessage = "Profile.WebsiteShape")]
    public string? Website { get; set; }

    /// <summary>Claim <c>phone_number</c>.</summary>
    [RegularExpression(@"\+[1-9][0-9]{6,14}", ErrorMessage = "Profile.PhoneNumberShape")]
    public string? PhoneNumber { get; set; }

    /// <summary>Claim <c>locale</c>.</summary>
    [RegularExpression("en|de", ErrorMessage = "Profile.UnknownLanguage")]
    public string? Locale { get; set; }

    /// <summary>Claim <c>zoneinfo</c>.</summary>
    [StringLength(64, ErrorMessage = "Field.TooLong")]
    public string? ZoneInfo { get; set; }

    /// <summary>Part <c>street_address</c>.</summary>
    [StringLength(256, ErrorMessage = "Field.TooLong")]
    public string? StreetAddress { get; set; }

    /// <summary>Part <c>postal_code</c>.</summary>
    [StringLength(32, ErrorMessage = "Field.TooLong")]
    public string? PostalCode { get; set; }

    /// <summary>Part <c>locality</c>.</summary>
    [StringLength(128, ErrorMessage = "Field.TooLong")]
    public string? Locality { get; set; }

    /// <summary>Part <c>region</c>.</summary>
    [StringLength(128, ErrorMessage = "Field.TooLong")]
    public string? Region { get; set; }

    /// <summary>Part <c>country</c>.</summary>
    [StringLength(64, ErrorMessage = "Field.TooLong")]
    public string? Country { get; set; }

    internal static ProfileInput From(AccountProfile profile) =>
        new()
        {
            Name = profile.Name,
            GivenName = profile.GivenName,
            FamilyName = profile.FamilyName,
            Nickname = profile.Nickname,
            Birthdate = profile.Birthdate,
            Website = profile.Website,
            PhoneNumber = profile.PhoneNumber,
            Locale = profile.Locale,
            ZoneInfo = profile.ZoneInfo,
            StreetAddress = profile.StreetAddress,
            PostalCode = profile.PostalCode,
            Locality = profile.Locality,
            Region = profile.Region,
            Country = profile.Country,
        };

    internal AccountProfile ToProfile() =>
        new()
        {
            Name = Name,
            GivenName = GivenName,
            FamilyName = FamilyName,
            Nickname = Nickname,
            Birthdate = Birthdate,
            Website = Website,
            PhoneNumber = PhoneNumber,
            Locale = Locale,
            ZoneInfo = ZoneInfo,
            StreetAddress = StreetAddress,
            PostalCode = PostalCode,
            Locality = Locality,
            Region = Region,
            Country = Country,
        };
}
