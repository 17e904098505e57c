namespace IdP.Recovery.Console;

/// <summary>What somebody may want to do in the console, over the API or on the command line.</summary>
public enum ConsoleAction
{
    /// <summary>See people and what happened to them.</summary>
    ReadUsers,

    /// <summary>Lift a lock.</summary>
    Unlock,

    /// <summary>Send a person the link to choose a new password.</summary>
    SendReset,

    /// <summary>Remove a person's second factors.</summary>
    ResetMfa,

    /// <summary>Begin or extend an enrollment period.</summary>
    SetEnrollment,

    /// <summary>Suspend and activate accounts.</summary>
    Suspend,

    /// <summary>Make accounts.</summary>
    CreateUsers,

    /// <summary>Give and take the roles of the console.</summary>
    ChangeRoles,

    /// <summary>Let another administrator's reset go on.</summary>
    Approve,

    /// <summary>Read and export the audit.</summary>
    ReadAudit,

    /// <summary>See charts, applications, policies, mail and jobs.</summary>
    ReadSystem,

    /// <summary>Change applications, and try work again that was given up.</summary>
    ManageSystem,
}

/// <summary>Who may do what to whom: one table for pages, API and command line.</summary>
public static class ConsolePermissions
{
    private static readonly HashSet<ConsoleAction> HelpDesk =
    [
        ConsoleAction.ReadUsers,
        ConsoleAction.Unlock,
        ConsoleAction.SendReset,
        ConsoleAction.ResetMfa,
    ];

    private static readonly HashSet<ConsoleAction> Auditor =
    [
        ConsoleAction.ReadUsers,
        ConsoleAction.ReadAudit,
        ConsoleAction.ReadSystem,
    ];

    /// <summary>Whether somebody may do something at all, to whomever.</summary>
    /// <param name="roles">The actor's.</param>
    /// <param name="action">What.</param>
    public static bool May(IEnumerable<string> roles, ConsoleAction action) =>
        roles.Any(role =>
            role switch
            {
                ConsoleRoles.Administrator => true,
                ConsoleRoles.HelpDesk => HelpDesk.Contains(action),
                ConsoleRoles.Auditor => Auditor.Contains(action),
                _ => false,
            }
        );

    /// <summary>
    /// Whether somebody may do something to an account. Security: threat 13. Nobody but an administrator changes
    /// anything of a privileged account.
    /// </summary>
    /// <param name="roles">The actor's.</param>
    /// <param name="action">What.</param>
    public static bool May(IReadOnlyCollection<string> roles, ConsoleAction action, RecoverableAccount target) =>
        May(roles, action)
        && (
            action == ConsoleAction.ReadUsers
            || target.Audience == Audience.User
            || roles.Contains(ConsoleRoles.Administrator)
        );
}
