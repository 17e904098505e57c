using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>Step 1: every address gets the same answer, and limits hold however many ask at once.</summary>
public sealed class RequestTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Unknown_suspended_unconfirmed_limited_and_other_portals_addresses_get_the_same_answer(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.CreateAccountAsync("suspended@example.test", with: a => a.SuspendedAt = a.CreatedAt);
        await host.CreateAccountAsync("new@example.test", with: a => a.EmailConfirmed = false);
        await host.CreateAccountAsync("root@example.test", administrator: true);
        string[] addresses =
        [
            Ada,
            Ada,
            Ada,
            Ada,
            "nobody@example.test",
            "suspended@example.test",
            "new@example.test",
            "root@example.test",
        ];

        var answers = new List<PasswordResetAnswer>();
        foreach (var address in addresses)
        {
            answers.Add(await host.RequestAsync(address));
        }

        await host.DrainAsync();

        Assert.Single(answers.Distinct());
        Assert.All(
            host.Mails.Sent.Where(m => m.Mail is not RecoveryMail.OtherPortalReset),
            m => Assert.Equal(Ada, m.Mail.To.Address)
        );
        var audit = await host.RowsAsync<AuditEvent>();
        Assert.Equal(
            ["audience", "suspended", "unconfirmed", "unknown"],
            audit
                .Where(e => e.Type == AuditEventTypes.ResetNotSent && e.Reason != "superseded")
                .Select(e => e.Reason)
                .Order(StringComparer.Ordinal)
        );
        Assert.Single(audit, e => e is { Type: AuditEventTypes.ResetRequested, Reason: "limit" });
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_user_asking_under_the_administrators_link_is_told_by_mail_which_link_to_use(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);

        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();

        var mail = Assert.IsType<RecoveryMail.OtherPortalReset>(Assert.Single(host.Mails.Sent).Mail);
        Assert.Equal(Audience.User, mail.Audience);
        Assert.All(await host.RowsAsync<ResetRequest>(), r => Assert.Null(r.TokenHash));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_address_gets_three_mails_in_fifteen_minutes_and_the_window_slides(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);

        // At 0, 5 and 10 minutes three get through; just before 15 the fourth does not.
        await AskAsync();
        host.Time.Advance(TimeSpan.FromMinutes(5));
        await AskAsync();
        host.Time.Advance(TimeSpan.FromMinutes(5));
        await AskAsync();
        host.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        await AskAsync();
        Assert.Equal(3, host.Mails.Count<RecoveryMail.PasswordResetLink>());

        // The first has left the window: one place is free, not three.
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        await AskAsync();
        await AskAsync();
        Assert.Equal(4, host.Mails.Count<RecoveryMail.PasswordResetLink>());

        async Task AskAsync()
        {
            await host.RequestAsync(Ada);
            await host.DrainAsync();
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_network_gets_twenty_requests_in_fifteen_minutes_and_others_are_not_held_up(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        for (var i = 0; i < 25; i++)
        {
            await host.RequestAsync($"person{i}@example.test");
        }

        await host.RequestAsync("elsewhere@example.test", network: "198.51.100.9");

        var requests = await host.RowsAsync<ResetRequest>();
        Assert.Equal(20, requests.Count(r => r.Network != "198.51.100.9"));
        Assert.Single(requests, r => r.Network == "198.51.100.9");
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task All_of_an_ipv6_site_is_one_network(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:PasswordReset:RequestsPerNetwork", "2")
        );

        await host.RequestAsync("a@example.test", network: "2001:db8:0:1::1");
        await host.RequestAsync("b@example.test", network: "2001:db8:0:1:ffff::2");
        await host.RequestAsync("c@example.test", network: "2001:db8:0:1:abcd::3");
        await host.RequestAsync("d@example.test", network: "2001:db8:0:2::1");

        var requests = await host.RowsAsync<ResetRequest>();
        Assert.Equal(
            ["A@EXAMPLE.TEST", "B@EXAMPLE.TEST", "D@EXAMPLE.TEST"],
            requests.Select(r => r.Address).Order(StringComparer.Ordinal)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_requests_for_one_address_at_once_three_are_taken(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);

        await AtOnce.RunAsync(24, i => host.RequestAsync(Ada, network: $"192.0.2.{i}"));

        Assert.Equal(3, (await host.RowsAsync<ResetRequest>()).Count);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_requests_from_one_network_at_once_twenty_are_taken(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);

        await AtOnce.RunAsync(32, i => host.RequestAsync($"person{i}@example.test"));

        Assert.Equal(20, (await host.RowsAsync<ResetRequest>()).Count);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Links_in_the_mailbox_work_while_their_address_is_over_its_limit(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var tokens = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            tokens.Add(await host.RequestTokenAsync(Ada));
            host.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await host.RequestAsync(Ada);
        await host.DrainAsync();

        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(tokens[^1]));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Requests_under_the_other_portals_link_leave_the_owner_their_places(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 4; i++)
        {
            await host.RequestAsync(Ada, Audience.Administrator, $"198.51.100.{i}");
        }

        await host.RequestAsync(Ada);
        await host.DrainAsync();

        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_owner_whom_a_stranger_keeps_asking_for_gets_in_by_the_newest_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        for (var i = 0; i < 40; i++)
        {
            await host.RequestAsync(Ada, network: $"198.51.100.{i}");
            await host.DrainAsync();
            host.Time.Advance(TimeSpan.FromMinutes(2));
        }

        // The owner asks too, and whether that has a place or not, there is a link in the mailbox that works.
        await host.RequestAsync(Ada);
        await host.DrainAsync();

        var newest = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link.Token();
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(newest));
        Assert.True(await host.SignsInAsync(Ada, RecoveryHost.BetterPassword));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Past_a_limit_nothing_more_is_written_for_each_try(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        for (var i = 0; i < 4; i++)
        {
            await host.RequestAsync(Ada, network: $"192.0.{i}.1");
        }

        var before = await host.Database.ReadAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 10; i++)
        {
            await host.RequestAsync(Ada, network: "192.0.3.1");
        }

        var held = (await host.RowsAsync<AuditEvent>()).Where(e => e.Reason == "limit");
        Assert.Single(held);
        Assert.Equal(3, (await host.RowsAsync<ResetRequest>()).Count);

        // The network's own count goes on until it is full; then not a byte changes.
        for (var i = 0; i < 20; i++)
        {
            await host.RequestAsync(Ada, network: "192.0.3.1");
        }

        var full = await host.Database.ReadAsync(TestContext.Current.CancellationToken);
        await host.RequestAsync(Ada, network: "192.0.3.1");
        Assert.NotEqual(before, full);
        Assert.Equal(full, await host.Database.ReadAsync(TestContext.Current.CancellationToken));
    }
}
