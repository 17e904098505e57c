using IdP.Recovery.Addresses;

namespace IdP.UI.Input;

/// <summary>What a person can do with an address.</summary>
internal sealed record AddressSteps(
    ListAddresses List,
    AddAddress Add,
    ConfirmAddress Confirm,
    MakeAddressPrimary MakePrimary,
    RemoveAddress Remove
);
