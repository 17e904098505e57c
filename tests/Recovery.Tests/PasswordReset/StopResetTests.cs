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

/// <summary>
/// Another administrator stops an administrator's reset by a mailed link, while it is pending and for a while after it
/// is done (threat 13).
/// </summary>
public sealed class StopResetTests
{
    private const string Ada = "ada@example.test";
    private const string Grace = "grace@example.test";
    private const string Linus = "linus@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stopped_reset_sets_no_password(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);
        await host.OpenAsync(link);
        var stop = AskedToken(host, Grace);
        Assert.True((await host.LookAtStopAsync(stop)) is { Own: false, Stage: ResetStage.Pending });

        Assert.False(Assert.IsType<StoppedPasswordReset.Done>(await host.StopAsync(stop)).Own);

        Assert.IsType<CompletedPasswordReset.Gone>(await host.CompleteAsync(link));
        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(stop));
        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(Secrets.NewToken()));
        Assert.IsType<StoppedPasswordReset.TooLate>(await host.StopAsync(AskedToken(host, Linus)));
        var (ada, grace) = (await host.FindByAddressAsync(Ada), await host.FindByAddressAsync(Grace));
        Assert.False(ada.Suspended || ada.ClosedUntilReset);
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.ResetVoided, Reason: "stopped" } && e.ActorId == grace.Id
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_others_hear_that_it_is_done_and_nobody_else(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CreateAccountAsync("user@example.test");
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();

        var told = host.Mails.Sent.Select(m => m.Mail).OfType<RecoveryMail.AdministratorResetDone>().ToList();
        Assert.Equal([Grace, Linus], told.Select(m => m.To.Address).Order());
        Assert.All(told, m => Assert.Equal((Ada, host.Time.GetUtcNow()), (m.Administrator, m.At)));
        Assert.All(told, m => Assert.Equal(host.Time.GetUtcNow().AddHours(72), m.Until));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task For_72_hours_who_was_reset_is_shut_out_by_one_click(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await host.FindByAddressAsync(Ada);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        var session = await host.StartSessionAsync(ada.Id);
        host.Time.Advance(TimeSpan.FromHours(72) - TimeSpan.FromSeconds(1));
        var stop = DoneToken(host, Grace);
        Assert.True((await host.LookAtStopAsync(stop)) is { Stage: ResetStage.Completed, Suspends: true });

        var closed = Assert.IsType<StoppedPasswordReset.Closed>(await host.StopAsync(stop));
        Assert.Equal((ada.Id, true), (closed.Account.Id, closed.Suspended));

        // Its holder has the mailbox still: neither the password nor a new link lets anybody in.
        Assert.False(await host.IsSignedInAsync(session));
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        var mailed = host.Mails.Count<RecoveryMail.PasswordResetLink>();
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        Assert.Equal(mailed, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        Assert.IsType<StoppedPasswordReset.TooLate>(await host.StopAsync(DoneToken(host, Linus)));
        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(stop));
        var grace = await host.FindByAddressAsync(Grace);
        Assert.Equal(
            [AuditEventTypes.AccountSuspended, AuditEventTypes.ResetStopped],
            (await host.RowsAsync<AuditEvent>())
                .Where(e => e.AccountId == ada.Id && e.ActorId == grace.Id)
                .Select(e => e.Type)
                .Order()
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Once_activated_the_account_wants_a_password_that_nobody_knows_yet(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (ada, grace) = (await host.FindByAddressAsync(Ada), await host.FindByAddressAsync(Grace));
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        await host.StopAsync(DoneToken(host, Grace));

        await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            s.ActivateAsync(new Actor(grace.Id, grace.Roles), ada.Id, null, RecoveryHost.Origin, Cancelled)
        );

        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link, "a third and rather long one"));
        Assert.True(await host.SignsInAsync(Ada, "a third and rather long one"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_72_hours_it_stops_nothing(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromHours(72));

        Assert.Null(await host.LookAtStopAsync(DoneToken(host, Grace)));
        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(DoneToken(host, Grace)));
        Assert.IsType<StoppedPasswordReset.TooLate>(await host.StopAsync(AskedToken(host, Grace)));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_link_of_somebody_who_is_no_administrator_any_more_stops_nothing(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);
        var linus = await host.FindByAddressAsync(Linus);
        await using (var context = host.Database.OpenContext())
        {
            await context.UserRoles.Where(r => r.UserId == linus.Id).ExecuteDeleteAsync(Cancelled);
            await context
                .Users.Where(u => u.Email == Grace)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.SuspendedAt, host.Time.GetUtcNow()), Cancelled);
        }

        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(AskedToken(host, Linus)));
        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(AskedToken(host, Grace)));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_administrator_who_may_only_look_by_now_stops_nothing(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        var linus = await host.FindByAddressAsync(Linus);
        await ChangeAsync(host, Actor.CommandLine, linus.Id, ConsoleRoles.Auditor);

        Assert.IsType<StoppedPasswordReset.Gone>(await host.StopAsync(DoneToken(host, Linus)));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whoever_came_in_by_the_reset_does_not_disarm_those_who_watch_it(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var ada = await host.FindByAddressAsync(Ada);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        foreach (var watcher in (string[])[Grace, Linus])
        {
            var other = await host.FindByAddressAsync(watcher);
            await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                s.SuspendAsync(new Actor(ada.Id, ada.Roles), other.Id, null, RecoveryHost.Origin, Cancelled)
            );
        }

        Assert.True(Assert.IsType<StoppedPasswordReset.Closed>(await host.StopAsync(DoneToken(host, Grace))).Suspended);

        // Nobody is left; the command line always is.
        ada = await host.FindAsync(ada.Id);
        var issued = await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(ada, PasswordResetPurpose.BreakGlass, "command-line", Cancelled)
        );

        // Until it is used, whoever has the mailbox gets nothing by it.
        var mailed = host.Mails.Count<RecoveryMail.PasswordResetLink>();
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        Assert.Equal(mailed, host.Mails.Count<RecoveryMail.PasswordResetLink>());
        Assert.IsType<CompletedPasswordReset.Done>(
            await host.CompleteAsync(issued.Link.Token(), "a third and rather long one")
        );
        Assert.True(await host.SignsInAsync(Ada, "a third and rather long one"));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nor_does_somebody_whom_they_have_raised(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (ada, grace) = (await host.FindByAddressAsync(Ada), await host.FindByAddressAsync(Grace));
        var helper = await host.CreateAccountAsync("eve@example.test");
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await ChangeAsync(host, new Actor(ada.Id, ada.Roles), helper.Id, ConsoleRoles.Administrator);
        await ChangeAsync(host, new Actor(helper.Id, ada.Roles), grace.Id);

        Assert.True(Assert.IsType<StoppedPasswordReset.Closed>(await host.StopAsync(DoneToken(host, Grace))).Suspended);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task This_was_not_me_does_not_get_round_it(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();

        // The thief has the mailbox, and asks for a fresh link by way of the notice.
        var notMe = host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token();
        Assert.True(await host.CallAsync<ReportNotMe, bool>(r => r.RunAsync(notMe, RecoveryHost.Origin, Cancelled)));
        await host.DrainAsync();
        var fresh = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();

        Assert.True(Assert.IsType<StoppedPasswordReset.Closed>(await host.StopAsync(DoneToken(host, Grace))).Suspended);
        Assert.IsType<CompletedPasswordReset.Gone>(await host.CompleteAsync(fresh));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_link_that_was_left_over_does_not_close_the_account_again(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        var (ada, grace) = (await host.FindByAddressAsync(Ada), await host.FindByAddressAsync(Grace));
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        var leftOver = DoneToken(host, Linus);
        await host.StopAsync(DoneToken(host, Grace));
        await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            s.ActivateAsync(new Actor(grace.Id, grace.Roles), ada.Id, null, RecoveryHost.Origin, Cancelled)
        );
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));

        Assert.Equal(ResetStage.Over, (await host.LookAtStopAsync(leftOver))!.Stage);
        Assert.IsType<StoppedPasswordReset.TooLate>(await host.StopAsync(leftOver));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Everybody_hears_who_has_closed_whose_account(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        await host.StopAsync(DoneToken(host, Grace));
        await host.DrainAsync();

        var told = host.Mails.Sent.Select(m => m.Mail).OfType<RecoveryMail.AdministratorResetStopped>().ToList();
        Assert.Equal([(Ada, true), (Grace, false), (Linus, false)], told.Select(m => (m.To.Address, m.Own)).Order());
        Assert.All(told, m => Assert.Equal((Ada, Grace), (m.Administrator, m.StoppedBy)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Where_nobody_else_could_let_them_in_again_a_new_password_still_does(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider);
        await host.CompleteAsync(await host.RequestTokenAsync(Ada, Audience.Administrator));
        await host.DrainAsync();
        await using (var context = host.Database.OpenContext())
        {
            await context
                .Users.Where(u => u.Email != Ada)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, (string?)null), Cancelled);
        }

        Assert.False((await host.LookAtStopAsync(DoneToken(host, Grace)))!.Suspends);
        Assert.False(
            Assert.IsType<StoppedPasswordReset.Closed>(await host.StopAsync(DoneToken(host, Grace))).Suspended
        );

        Assert.True(await host.FindByAddressAsync(Ada) is { Suspended: false, ClosedUntilReset: true });
        Assert.False(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link, "a third and rather long one"));
    }

    private static async Task ChangeAsync(RecoveryHost host, Actor actor, string accountId, params string[] roles) =>
        Assert.IsType<RolesChanged.Done>(
            await host.CallAsync<ChangeRoles, RolesChanged>(c =>
                c.RunAsync(actor, accountId, roles, "moved", RecoveryHost.Origin, Cancelled)
            )
        );

    private static async Task<RecoveryHost> StartAsync(DatabaseProvider provider)
    {
        var host = await RecoveryHost.StartAsync(provider);
        foreach (var address in (string[])[Ada, Grace, Linus])
        {
            await host.CreateAccountAsync(address, administrator: true);
        }

        return host;
    }

    private static string AskedToken(RecoveryHost host, string address) =>
        host
            .Mails.Sent.Select(m => m.Mail)
            .OfType<RecoveryMail.AdministratorResetPending>()
            .Last(m => m.To.Address == address)
            .StopLink.Token();

    private static string DoneToken(RecoveryHost host, string address) =>
        host
            .Mails.Sent.Select(m => m.Mail)
            .OfType<RecoveryMail.AdministratorResetDone>()
            .Last(m => m.To.Address == address)
            .StopLink.Token();
}
