using IdP.Recovery.Addresses;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Localization;
using Microsoft.Extensions.Options;

namespace IdP.UI.Input;

/// <summary>Says why no code was sent.</summary>
internal sealed class AddressTexts(
    IStringLocalizer<Text> text,
    IOptions<AddressOptions> addresses,
    IOptions<PasswordResetOptions> resets
)
{
    public string WhyNot(AddedAddress answer) =>
        answer switch
        {
            AddedAddress.NotAnAddress => text["Addresses.NotAnAddress"],
            AddedAddress.AlreadyYours => text["Addresses.AlreadyYours"],
            AddedAddress.TooMany(var max) => text["Addresses.Full", max],
            AddedAddress.Limited => text[
                "Addresses.Limited",
                (int)Math.Ceiling(resets.Value.LimitWindow.TotalMinutes),
                addresses.Value.CodesPerDay
            ],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
