using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>Roles are given and taken by somebody else, and one administrator always stays.</summary>
public sealed class ChangeRolesTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Giving_a_role_ends_the_sessions_and_counts_from_the_next_sign_in(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        var ada = await host.CreateAccountAsync();
        var session = await host.StartSessionAsync(ada.Id);

        Assert.IsType<RolesChanged.Done>(await ChangeAsync(host, ada.Id, [ConsoleRoles.HelpDesk]));

        Assert.False(await host.IsSignedInAsync(session));
        var account = await host.FindAsync(ada.Id);
        Assert.Equal(Audience.Administrator, account.Audience);
        Assert.Equal([ConsoleRoles.HelpDesk], account.Roles);
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.RolesChanged, Reason: ConsoleRoles.HelpDesk } && e.AccountId == ada.Id
        );

        Assert.IsType<RolesChanged.Done>(await ChangeAsync(host, ada.Id, []));
        Assert.Equal(Audience.User, (await host.FindAsync(ada.Id)).Audience);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_raises_themselves_and_no_other_role_changes_any(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var ada = await host.CreateAccountAsync();
        await ChangeAsync(host, ada.Id, [ConsoleRoles.HelpDesk]);

        foreach (
            var (who, role, whom) in new[]
            {
                (ada.Id, ConsoleRoles.HelpDesk, ada.Id),
                (ada.Id, ConsoleRoles.HelpDesk, root.Id),
                (ada.Id, ConsoleRoles.Auditor, root.Id),
                (root.Id, ConsoleRoles.Administrator, root.Id),
            }
        )
        {
            Assert.IsType<RolesChanged.NotAllowed>(
                await ChangeAsync(host, whom, [ConsoleRoles.Administrator], new Actor(who, [role]))
            );
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Two_administrators_who_take_each_others_role_at_once_leave_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var one = await host.CreateAccountAsync("one@example.test", administrator: true);
        var two = await host.CreateAccountAsync("two@example.test", administrator: true);

        var results = await AtOnce.RunAsync(
            2,
            i =>
                ChangeAsync(
                    host,
                    i == 0 ? one.Id : two.Id,
                    [],
                    new Actor(i == 0 ? two.Id : one.Id, [ConsoleRoles.Administrator])
                )
        );

        Assert.Single(results, r => r is RolesChanged.Done);
        Assert.Single(results, r => r is RolesChanged.LastAdministrator);
    }

    private static Task<RolesChanged> ChangeAsync(
        RecoveryHost host,
        string accountId,
        string[] roles,
        Actor? actor = null
    ) =>
        host.CallAsync<ChangeRoles, RolesChanged>(c =>
            c.RunAsync(
                actor ?? Actor.CommandLine,
                accountId,
                roles,
                "Asked for by phone",
                RecoveryHost.Origin,
                Cancelled
            )
        );
}
