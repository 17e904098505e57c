namespace IdP.Recovery.Console;

/// <summary>The roles that open the console. An account in one of them is privileged and of the administrators' audience.</summary>
public static class ConsoleRoles
{
    /// <summary>Does everything.</summary>
    public const string Administrator = RecoverableAccount.AdministratorRole;

    /// <summary>Unlocks, sends resets and resets the MFA of people who are not privileged; nothing else.</summary>
    public const string HelpDesk = "HelpDesk";

    /// <summary>Reads everything and changes nothing.</summary>
    public const string Auditor = "Auditor";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Administrator, HelpDesk, Auditor];
}
