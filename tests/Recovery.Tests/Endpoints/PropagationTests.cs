using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Lockout;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>Every service that a person is bound to is told of what happens to their credentials, and no other.</summary>
public sealed class PropagationTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_reaches_every_service_that_the_person_is_bound_to_and_no_other(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        var grace = await host.CreateAccountAsync("grace@example.test");
        await host.CreateEndpointAsync([ada.Id, grace.Id], "Directory");
        await host.CreateEndpointAsync([ada.Id], "Mailboxes");
        await host.CreateEndpointAsync([grace.Id], "Wiki");
        await host.CreateEndpointAsync([ada.Id], "Locks only", follows: CredentialChanges.Locked);

        await host.ResetAsync();
        Assert.Equal([ReceiptState.Pending, ReceiptState.Pending], (await host.ReceiptsAsync()).Select(r => r.State));

        await host.DrainAsync();
        var receipts = await host.ReceiptsAsync();
        Assert.Equal(["Directory", "Mailboxes"], receipts.Select(r => r.EndpointName));
        Assert.All(receipts, r => Assert.Equal(ReceiptState.Applied, r.State));
        Assert.All(receipts, r => Assert.Equal(host.Time.GetUtcNow(), r.EndedAt));
        Assert.All(
            service.Delivered,
            d => Assert.Equal((ada.Id, Ada, true), (d.Account.Id, d.Account.Email, d.Account.Open))
        );
        Assert.All(service.Delivered, d => Assert.Null(d.Password));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whoever_has_a_role_is_bound_by_it(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("grace@example.test");
        await host.InScopeAsync(async p =>
        {
            await p.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new IdentityRole("Staff"));
            var users = p.GetRequiredService<UserManager<IdentityProvider.Accounts.Account>>();
            Assert.True((await users.AddToRoleAsync((await users.FindByIdAsync(ada.Id))!, "Staff")).Succeeded);
        });
        var directory = await host.CreateEndpointAsync([]);
        Assert.IsType<ManagedEndpoint.Done>(
            await host.CallAsync<BindEndpoint, ManagedEndpoint>(b =>
                b.RoleAsync(Actor.CommandLine, directory.Id, "Staff", Requester.None, Cancelled)
            )
        );

        await host.ResetAsync("grace@example.test");
        await host.ResetAsync(Ada);
        Assert.Equal(ada.Id, (await host.ReceiptAsync()).AccountId);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_changed_password_is_passed_on_as_a_reset_one_is(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        Assert.IsType<ChangedPassword.Done>(
            await host.CallAsync<ChangePassword, ChangedPassword>(c =>
                c.RunAsync(
                    ada.Id,
                    "none",
                    RecoveryHost.GoodPassword,
                    RecoveryHost.BetterPassword,
                    RecoveryHost.Origin,
                    Cancelled
                )
            )
        );
        await host.DrainAsync();
        Assert.Equal(RecoveryHost.BetterPassword, Assert.Single(service.Delivered).Password);
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lock_is_passed_on_and_so_is_its_end_that_nobody_brings_about(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        await host.LockAsync();
        Assert.Equal(
            (CredentialChanges.Locked, false),
            (Assert.Single(service.Delivered).Change, Assert.Single(service.Delivered).Account.Open)
        );

        host.Time.Advance(TimeSpan.FromMinutes(14));
        await host.DrainAsync();
        Assert.Single(service.Delivered);
        host.Time.Advance(TimeSpan.FromMinutes(2));
        await host.DrainAsync();
        Assert.Equal(
            [(CredentialChanges.Locked, false), (CredentialChanges.Unlocked, true)],
            service.Delivered.Select(d => (d.Change, d.Account.Open))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Strangers_guesses_close_nothing_where_nobody_asked_for_it(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], follows: CredentialChanges.Usual);
        await host.LockAsync();
        Assert.Empty(service.Delivered);

        // What else is told of meanwhile tells of no lock.
        await host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                Actor.CommandLine,
                ada.Id,
                new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "lost phone"),
                Requester.None,
                Cancelled
            )
        );
        await host.DrainAsync();
        Assert.All(service.Delivered, d => Assert.True(d.Account.Open));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_its_owner_has_closed_is_closed_everywhere_until_the_reset(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], "Directory");
        await host.CreateEndpointAsync([ada.Id], "Doors", follows: CredentialChanges.Closing);
        await host.ResetAsync();
        await host.DrainAsync();
        service.Delivered.Clear();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        var token = host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token();
        await host.CallAsync<ReportNotMe, bool>(r => r.RunAsync(token, RecoveryHost.Origin, Cancelled));
        await host.DrainAsync();
        Assert.Equal(
            [(CredentialChanges.Closed, false), (CredentialChanges.Closed, false)],
            service.Delivered.Select(d => (d.Change, d.Account.Open))
        );

        service.Delivered.Clear();
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.ResetAsync(password: "seven quiet lamps over the harbour");
        await host.DrainAsync();
        Assert.All(service.Delivered, d => Assert.True(d.Account.Open));
        Assert.Contains(service.Delivered, d => d.Change == CredentialChanges.PasswordChanged);
        Assert.Equal(2, service.Delivered.Count(d => d.Change == CredentialChanges.Unlocked));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_unlocking_before_the_end_of_a_lock_is_passed_on_once(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        await host.LockAsync();
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.AdministratorUnlocksAsync(ada.Id);
        await host.DrainAsync();
        Assert.Equal([CredentialChanges.Locked, CredentialChanges.Unlocked], service.Delivered.Select(d => d.Change));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Suspending_activating_and_an_mfa_reset_are_passed_on(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.EnrollTotpAsync(ada.Id);
        await host.CreateEndpointAsync([ada.Id]);
        foreach (var suspends in new[] { true, false })
        {
            await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                suspends
                    ? s.SuspendAsync(Actor.CommandLine, ada.Id, null, Requester.None, Cancelled)
                    : s.ActivateAsync(Actor.CommandLine, ada.Id, null, Requester.None, Cancelled)
            );
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await host.DrainAsync();
        }

        await host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                Actor.CommandLine,
                ada.Id,
                new MfaResetOrder(ResetFactors.All, EnrollmentPeriod.Of(7), "lost phone"),
                Requester.None,
                Cancelled
            )
        );
        await host.DrainAsync();
        Assert.Equal(
            [
                (CredentialChanges.Suspended, false),
                (CredentialChanges.Activated, true),
                (CredentialChanges.MfaReset, true),
            ],
            service.Delivered.Select(d => (d.Change, d.Account.Open))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Sessions_that_the_owner_ends_together_are_one_change(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id]);
        for (var i = 0; i < 3; i++)
        {
            await host.StartSessionAsync(ada.Id);
        }

        await host.CallAsync<IAccountSessions, int>(s =>
            s.EndAllAsync(ada.Id, null, SessionEndReason.EndedByOwner, Cancelled)
        );
        await host.DrainAsync();
        Assert.Equal(CredentialChanges.SessionsEnded, Assert.Single(service.Delivered).Change);
    }

    [Fact]
    public async Task What_a_person_is_bound_to_shows_what_was_last_sent_there()
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(TestDatabase.Usual, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], "Directory");
        await host.CreateEndpointAsync([ada.Id], "Wiki", follows: CredentialChanges.Locked);
        await host.ResetAsync();
        await host.DrainAsync();
        var account = await host.FindAsync(ada.Id);
        var services = await host.CallAsync<ReadReceipts, IReadOnlyList<BoundService>>(r =>
            r.ServicesOfAsync(account, Cancelled)
        );
        Assert.Equal(
            [("Directory", (ReceiptState?)ReceiptState.Applied), ("Wiki", null)],
            services.Select(s => (s.Endpoint.Name, s.Latest?.State))
        );
    }
}
