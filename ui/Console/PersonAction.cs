using IdP.Recovery.Console;

namespace IdP.UI.Console;

/// <summary>Something that is done to one person or many from the console.</summary>
/// <param name="Name">Its word in the address, and the end of its texts' names.</param>
/// <param name="Icon">Its icon.</param>
/// <param name="Permission">What it takes.</param>
internal sealed record PersonAction(string Name, string Icon, ConsoleAction Permission)
{
    public const string ResetMfa = "reset-mfa";

    /// <summary>In the order of the menus; the dangerous last.</summary>
    public static IReadOnlyList<PersonAction> All { get; } =
    [
        new(ResetMfa, "reset", ConsoleAction.ResetMfa),
        new("unlock", "unlock", ConsoleAction.Unlock),
        new("send-reset", "mail", ConsoleAction.SendReset),
        new("extend", "clock", ConsoleAction.SetEnrollment),
        new("activate", "check", ConsoleAction.Suspend),
        new("suspend", "lock", ConsoleAction.Suspend),
    ];
}
