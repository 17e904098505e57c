using IdP.Recovery;
using IdP.Recovery.Console;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>The whole table: every role, every action, on a user and on somebody of the console.</summary>
public sealed class PermissionTests
{
    private const string Nobody = "somebody without a role";

    // Role, on whom, and everything that is allowed; what is not here is refused.
    private static readonly Dictionary<(string Role, Audience Target), ConsoleAction[]> Allowed = new()
    {
        [(ConsoleRoles.Administrator, Audience.User)] = Enum.GetValues<ConsoleAction>(),
        [(ConsoleRoles.Administrator, Audience.Administrator)] = Enum.GetValues<ConsoleAction>(),
        [(ConsoleRoles.HelpDesk, Audience.User)] =
        [
            ConsoleAction.ReadUsers,
            ConsoleAction.Unlock,
            ConsoleAction.SendReset,
            ConsoleAction.ResetMfa,
        ],
        [(ConsoleRoles.HelpDesk, Audience.Administrator)] = [ConsoleAction.ReadUsers],
        [(ConsoleRoles.Auditor, Audience.User)] =
        [
            ConsoleAction.ReadUsers,
            ConsoleAction.ReadAudit,
            ConsoleAction.ReadSystem,
        ],
        [(ConsoleRoles.Auditor, Audience.Administrator)] = [ConsoleAction.ReadUsers],
        [(Nobody, Audience.User)] = [],
        [(Nobody, Audience.Administrator)] = [],
    };

    public static TheoryData<string, Audience, ConsoleAction> Cells()
    {
        var cells = new TheoryData<string, Audience, ConsoleAction>();
        foreach (var role in ConsoleRoles.All.Append(Nobody))
        {
            foreach (var target in Enum.GetValues<Audience>())
            {
                foreach (var action in Enum.GetValues<ConsoleAction>())
                {
                    cells.Add(role, target, action);
                }
            }
        }

        return cells;
    }

    [Theory, MemberData(nameof(Cells))]
    public void A_role_does_what_the_table_says_and_nothing_else(string role, Audience target, ConsoleAction action) =>
        Assert.Equal(Allowed[(role, target)].Contains(action), ConsolePermissions.May([role], action, Account(target)));

    [Fact]
    public void Two_roles_add_up_and_make_nobody_an_administrator()
    {
        string[] both = [ConsoleRoles.HelpDesk, ConsoleRoles.Auditor];

        Assert.True(ConsolePermissions.May(both, ConsoleAction.ReadAudit));
        Assert.True(ConsolePermissions.May(both, ConsoleAction.ResetMfa, Account(Audience.User)));
        Assert.False(ConsolePermissions.May(both, ConsoleAction.ResetMfa, Account(Audience.Administrator)));
    }

    private static RecoverableAccount Account(Audience audience) =>
        new("id", "a@example.test", "A@EXAMPLE.TEST", true, null, null, null, audience, true, false, null, "stamp");
}
