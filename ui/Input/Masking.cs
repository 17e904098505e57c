using IdP.Recovery;

namespace IdP.UI.Input;

/// <summary>Shows an address to somebody who should know it, without telling it to somebody who should not.</summary>
internal static class MaskedAddress
{
    /// <summary><c>m•••@example.test</c>.</summary>
    public static string Of(string address) =>
        address.Split('@') is [{ Length: > 0 } local, var domain] ? $"{local[0]}•••@{domain}" : "•••";
}

/// <summary>What a password should not lean on, for the list that ticks while typing.</summary>
internal static class PersonalWords
{
    public static IEnumerable<string> Of(RecoverableAccount account) =>
        account
            .Email.Split('@')[0]
            .Split('.', '-', '_', '+')
            .Concat((account.DisplayName ?? "").Split(' '))
            .Where(word => word.Length >= 4)
            .Distinct(StringComparer.OrdinalIgnoreCase);
}
