using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>An administrator's reset that another administrator must approve (threat 13).</summary>
public sealed class ApprovalTests
{
    private const string Ada = "ada@example.test";
    private const string Grace = "grace@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task No_link_is_mailed_before_another_administrator_approves(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();

        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        Assert.NotNull(host.Mails.Last<RecoveryMail.AdministratorResetPending>().ApproveLink);
        var waiting = Assert.Single(await WaitingAsync(host));
        Assert.IsType<ApprovedPasswordReset.NotYours>(await ApproveAsync(host, waiting.Id, Ada));
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());

        Assert.IsType<ApprovedPasswordReset.Done>(await ApproveAsync(host, waiting.Id, Grace));
        await host.DrainAsync();

        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
        Assert.IsType<ApprovedPasswordReset.Gone>(await ApproveAsync(host, waiting.Id, Grace));
        Assert.Equal(1, host.Mails.Count<RecoveryMail.AdministratorResetPending>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_declined_is_never_mailed(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        var waiting = Assert.Single(await WaitingAsync(host));
        var grace = new Actor("grace", [ConsoleRoles.Administrator]);

        Assert.IsType<ApprovedPasswordReset.NotYours>(
            await DeclineAsync(host, waiting.Id, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
        Assert.IsType<ApprovedPasswordReset.Done>(await DeclineAsync(host, waiting.Id, grace));

        Assert.IsType<ApprovedPasswordReset.Gone>(await ApproveAsync(host, waiting.Id, Grace));
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_approval_comes_within_the_hold_or_not_at_all(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        var waiting = Assert.Single(await WaitingAsync(host));

        host.Time.Advance(TimeSpan.FromHours(24));

        Assert.Empty(await WaitingAsync(host));
        Assert.IsType<ApprovedPasswordReset.Gone>(await ApproveAsync(host, waiting.Id, Grace));
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_approvals_at_once_one_is_taken(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        var waiting = Assert.Single(await WaitingAsync(host));

        var ends = await AtOnce.RunAsync(16, _ => ApproveAsync(host, waiting.Id, Grace));
        await host.DrainAsync();

        Assert.Single(ends, e => e is ApprovedPasswordReset.Done);
        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_person_sees_it_waiting_and_withdraws_it(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        var told = host.Mails.Last<RecoveryMail.AdministratorResetWaiting>();
        Assert.Equal(Ada, told.To.Address);
        Assert.Equal(host.Time.GetUtcNow().AddHours(24), told.Until);
        var token = told.CancelLink.Token();

        Assert.True((await host.LookAtStopAsync(token)) is { Own: true, Stage: ResetStage.Waiting });
        Assert.True(Assert.IsType<StoppedPasswordReset.Done>(await host.StopAsync(token)).Own);

        Assert.Empty(await WaitingAsync(host));
        var ada = await host.FindByAddressAsync(Ada);
        Assert.False(ada.Suspended || ada.ClosedUntilReset);
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.ResetVoided, Reason: AuditReasons.Withdrawn } && e.ActorId == ada.Id
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_approved_is_held_and_can_still_be_stopped(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("Hold", "3.00:00:00"));
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        Assert.Equal(TimeSpan.FromDays(3), host.Mails.Last<RecoveryMail.AdministratorResetWaiting>().Hold);
        var stop = host.Mails.Last<RecoveryMail.AdministratorResetPending>().StopLink.Token();
        await ApproveAsync(host, Assert.Single(await WaitingAsync(host)).Id, Grace);

        host.Time.Advance(TimeSpan.FromDays(3) - TimeSpan.FromSeconds(1));
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        var held = (await host.LookAtStopAsync(stop))!;
        Assert.Equal((ResetStage.Held, host.Time.GetUtcNow().AddSeconds(1)), (held.Stage, held.HeldUntil));

        Assert.IsType<StoppedPasswordReset.Done>(await host.StopAsync(stop));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task When_the_hold_is_over_the_link_is_mailed_once_and_works(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("Hold", "3.00:00:00"));
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        await ApproveAsync(host, Assert.Single(await WaitingAsync(host)).Id, Grace);
        await host.DrainAsync();

        // An administrator who begins the work by hand brings nothing forward.
        host.Time.Advance(TimeSpan.FromDays(1));
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Set<OutboxEntry>()
                .Where(e => e.DoneAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, host.Time.GetUtcNow()), Cancelled);
        }

        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        host.Time.Advance(TimeSpan.FromDays(2));
        await host.DrainAsync();

        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_held_and_what_may_still_be_stopped_is_kept(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("Hold", "3.00:00:00"));
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        await host.ApproveAsync(Assert.Single(await WaitingAsync(host)).Id, Grace);
        await host.DrainAsync();

        // Requests are kept for a day by the least that an operator may choose.
        host.Time.Advance(TimeSpan.FromDays(3));
        await host.CallAsync<PruneRecovery, bool>(async p =>
        {
            await p.RunAsync(Cancelled);
            return true;
        });
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    private static async Task<RecoveryHost> StartAsync(
        DatabaseProvider provider,
        params (string Name, string Value)[] options
    )
    {
        var host = await RecoveryHost.StartAsync(
            provider,
            [
                ("AccountRecovery:AdministratorReset:Proof", "Approval"),
                ("AccountRecovery:PasswordReset:Retention", "1.00:00:00"),
                .. options.Select(o => ("AccountRecovery:AdministratorReset:" + o.Name, o.Value)),
            ]
        );
        await host.CreateAccountAsync(Ada, administrator: true);
        await host.CreateAccountAsync(Grace, administrator: true);
        return host;
    }

    private static Task<IReadOnlyList<WaitingReset>> WaitingAsync(RecoveryHost host) =>
        host.CallAsync<ApprovePasswordReset, IReadOnlyList<WaitingReset>>(a => a.ListAsync(Cancelled));

    private static Task<ApprovedPasswordReset> DeclineAsync(RecoveryHost host, Guid id, Actor actor) =>
        host.CallAsync<ApprovePasswordReset, ApprovedPasswordReset>(a =>
            a.DeclineAsync(id, actor, RecoveryHost.Origin, Cancelled)
        );

    private static Task<ApprovedPasswordReset> ApproveAsync(RecoveryHost host, Guid request, string approver) =>
        host.ApproveAsync(request, approver);
}
