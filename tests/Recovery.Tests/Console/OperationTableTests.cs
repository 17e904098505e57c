using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>
/// The table of roles once more, on the operations themselves: whatever page, command or program calls them, each asks, and
/// where it refuses nothing is written.
/// </summary>
public sealed class OperationTableTests
{
    private const string Nobody = "somebody without a role";

    // What each operation is, and whether it is ever done to somebody of the console.
    private static readonly Operation[] Operations =
    [
        new(
            "unlock",
            ConsoleAction.Unlock,
            (p, actor, id) => Of<UnlockAccount>(p).ByAdministratorAsync(actor, id, Why, Origin, Cancelled)
        )
        {
            Before = (p, id) =>
                Of<IdpDbContext>(p)
                    .Users.Where(u => u.Id == id)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(u => u.LockoutEnd, DateTimeOffset.UnixEpoch.AddYears(200)),
                        Cancelled
                    ),
        },
        new(
            "send a reset",
            ConsoleAction.SendReset,
            (p, actor, id) => Of<SendResetFor>(p).RunAsync(actor, id, Why, Origin, Cancelled)
        ),
        new(
            "reset MFA",
            ConsoleAction.ResetMfa,
            (p, actor, id) => Of<ResetMfa>(p).RunAsync(actor, id, Order, Origin, Cancelled)
        ),
        new(
            "set a period",
            ConsoleAction.SetEnrollment,
            (p, actor, id) => Of<SetEnrollmentPeriod>(p).RunAsync(actor, id, Week, Why, Origin, Cancelled)
        )
        {
            OfUsersAlone = true,
        },
        new(
            "suspend",
            ConsoleAction.Suspend,
            (p, actor, id) => Of<SuspendAccount>(p).SuspendAsync(actor, id, Why, Origin, Cancelled)
        ),
        new(
            "activate",
            ConsoleAction.Suspend,
            (p, actor, id) => Of<SuspendAccount>(p).ActivateAsync(actor, id, Why, Origin, Cancelled)
        )
        {
            Before = (p, id) => Of<SuspendAccount>(p).SuspendAsync(Actor.CommandLine, id, Why, Origin, Cancelled),
        },
        new(
            "reopen",
            ConsoleAction.Suspend,
            (p, actor, id) => Of<UnlockAccount>(p).ReopenAsync(actor, id, Why, Origin, Cancelled)
        )
        {
            Before = (p, id) => Of<IAccountLocks>(p).CloseUntilResetAsync(id, Cancelled),
        },
        new(
            "change roles",
            ConsoleAction.ChangeRoles,
            (p, actor, id) => Of<ChangeRoles>(p).RunAsync(actor, id, [ConsoleRoles.Auditor], Why, Origin, Cancelled)
        ),
    ];

    private const string Why = "for a test";

    private static Requester Origin => RecoveryHost.Origin;

    private static EnrollmentPeriod Week => EnrollmentPeriod.Of(7)!.Value;

    private static MfaResetOrder Order => new(ResetFactors.All, null, Why);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_is_done_by_those_whom_the_table_names_and_else_changes_nothing(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        var number = 0;
        foreach (var operation in Operations)
        {
            foreach (var role in ConsoleRoles.All.Append(Nobody))
            {
                foreach (var isOfTheConsole in new[] { false, true })
                {
                    var made = await host.CreateAccountAsync(
                        $"p{++number}@example.test",
                        administrator: isOfTheConsole
                    );
                    var target = await host.FindAsync(made.Id);
                    var actor = new Actor($"actor-{number}", [role]);
                    await host.InScopeAsync(p => operation.Before(p, made.Id));

                    await host.InScopeAsync(p => operation.Do(p, actor, made.Id));

                    var may =
                        ConsolePermissions.May(actor.Roles, operation.Action, target)
                        && !(isOfTheConsole && operation.OfUsersAlone);
                    var written = (await host.RowsAsync<AuditEvent>()).Count(e => e.ActorId == actor.Id);
                    Assert.True(
                        may == written > 0,
                        $"{role} and '{operation.Name}' of {target.Audience}: {written} events, and {may} is right."
                    );
                }
            }
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_does_to_themselves_what_takes_or_gives_rights(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        var made = await host.CreateAccountAsync("self@example.test", administrator: true);
        var self = new Actor(made.Id, [ConsoleRoles.Administrator]);

        foreach (var operation in Operations.Where(o => o.Name is not ("unlock" or "send a reset" or "activate")))
        {
            await host.InScopeAsync(p => operation.Do(p, self, made.Id));
        }

        Assert.DoesNotContain(await host.RowsAsync<AuditEvent>(), e => e.ActorId == self.Id);
    }

    private static TService Of<TService>(IServiceProvider services)
        where TService : notnull => services.GetRequiredService<TService>();

    private sealed record Operation(string Name, ConsoleAction Action, Func<IServiceProvider, Actor, string, Task> Do)
    {
        public Func<IServiceProvider, string, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

        public bool OfUsersAlone { get; init; }
    }
}
