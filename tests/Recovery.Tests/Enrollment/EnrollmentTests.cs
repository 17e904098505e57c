using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Enrollment;

/// <summary>A person without a second factor has time to set one up, and then not.</summary>
public sealed class EnrollmentTests
{
    private const string Ada = "ada@example.test";
    private static readonly (string, string) Everybody = ("AccountRecovery:Mfa:RequiredFor", "Everybody");
    private static readonly (string, string) Nobody = ("AccountRecovery:Mfa:RequiredFor", "Nobody");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Within_the_period_sign_in_works_and_offers_enrollment(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Everybody);
        var account = await host.CreateAccountAsync(Ada);
        var set = Assert.IsType<EnrollmentPeriodSet.Done>(await SetAsync(host, account.Id, 7));
        Assert.Equal(host.Time.GetUtcNow().AddDays(7), set.EndsAt);
        host.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));
        var browser = new Jar();

        var offered = Assert.IsType<PasswordSignIn.EnrollmentOffered>(await host.SignInAsync(browser, Ada));
        Assert.False(await host.IsSignedInAsync(browser));
        Assert.IsType<FactorSignIn.SignedIn>(await LaterAsync(host, browser, offered.Token));

        Assert.True(await host.IsSignedInAsync(browser));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task At_the_deadline_everything_is_closed_though_no_job_has_run(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Everybody);
        var account = await host.CreateAccountAsync(Ada);
        await SetAsync(host, account.Id, 1);
        var browser = new Jar();
        var offered = (PasswordSignIn.EnrollmentOffered)await host.SignInAsync(browser, Ada);
        await LaterAsync(host, browser, offered.Token);
        var half = (PasswordSignIn.EnrollmentOffered)await host.SignInAsync(new Jar(), Ada);
        host.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(1));
        var late = (PasswordSignIn.EnrollmentOffered)await host.SignInAsync(new Jar(), Ada);
        host.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.IsType<PasswordSignIn.EnrollmentExpired>(await host.SignInAsync(new Jar(), Ada));
        Assert.False(await host.IsSignedInAsync(browser));
        Assert.IsType<FactorSignIn.Gone>(await LaterAsync(host, new Jar(), half.Token));
        Assert.IsType<FactorSignIn.Gone>(await LaterAsync(host, new Jar(), late.Token));
        Assert.True(await host.CallAsync<EnrollmentDeadline, bool>(d => d.HasPassedAsync(account.Id, Cancelled)));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_period_opens_sign_in_again(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Everybody);
        var account = await host.CreateAccountAsync(Ada);
        await SetAsync(host, account.Id, 1);
        host.Time.Advance(TimeSpan.FromDays(3));
        await AnnounceAsync(host);

        await SetAsync(host, account.Id, 2);

        Assert.IsType<PasswordSignIn.EnrollmentOffered>(await host.SignInAsync(new Jar(), Ada));
        Assert.Contains(
            await host.RowsAsync<AuditEvent>(),
            e => e is { Type: AuditEventTypes.EnrollmentExtended, Why: "on leave" }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Enrolling_ends_the_period_and_removing_the_factor_gives_no_second_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            Everybody,
            ("AccountRecovery:Enrollment:PolicyDays", "7")
        );
        var account = await host.CreateAccountAsync(Ada);
        Assert.IsType<PasswordSignIn.EnrollmentOffered>(await host.SignInAsync(new Jar(), Ada));
        await host.EnrollTotpAsync(account.Id);
        Assert.IsType<EnrollmentStatus.Enrolled>(await StatusAsync(host, account.Id));
        host.Time.Advance(TimeSpan.FromDays(30));
        await AnnounceAsync(host);
        Assert.Equal(0, host.Mails.CountNews(EnrollmentNews.Expired));

        await RemoveTotpAsync(host, account.Id);

        Assert.IsType<PasswordSignIn.EnrollmentRequired>(await host.SignInAsync(new Jar(), Ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_policys_period_begins_once_and_ends_with_the_policy(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            Everybody,
            ("AccountRecovery:Enrollment:PolicyDays", "7")
        );
        var account = await host.CreateAccountAsync(Ada);
        await AtOnce.RunAsync(4, async _ => await host.SignInAsync(new Jar(), Ada));
        var period = Assert.Single(await host.RowsAsync<MfaEnrollment>());
        host.Time.Advance(TimeSpan.FromDays(2));
        await host.SignInAsync(new Jar(), Ada);

        Assert.Equal(period.EndsAt, Assert.Single(await host.RowsAsync<MfaEnrollment>()).EndsAt);
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.Enrollment>());
        Assert.IsType<EnrollmentStatus.InEnrollment>(await StatusAsync(host, account.Id));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task People_are_reminded_at_half_time_three_days_and_one_day_before_and_told_when_it_is_over(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider, Nobody);
        var account = await host.CreateAccountAsync(Ada);
        await SetAsync(host, account.Id, 10);
        var told = new List<string>();
        for (var hour = 0; hour < 11 * 24; hour++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            var before = host.Mails.Sent.Count;
            await AnnounceAsync(host);
            told.AddRange(
                host.Mails.Sent.Skip(before).Select(m => $"{hour + 1} {((RecoveryMail.Enrollment)m.Mail).News}")
            );
        }

        // The first, of the beginning, goes out with the first call.
        Assert.Equal(["1 Started", "120 Reminder", "168 Reminder", "216 Reminder", "240 Expired"], told);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_no_longer_so_when_its_mail_goes_out_is_not_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Nobody);
        var account = await host.CreateAccountAsync(Ada);
        await SetAsync(host, account.Id, 10);
        await AnnounceAsync(host);
        host.Time.Advance(TimeSpan.FromDays(10));
        await host.CallAsync<AnnounceEnrollments, bool>(async a =>
        {
            await a.RunAsync(Cancelled);
            return true;
        });

        // The mail that the time is over still waits.
        await SetAsync(host, account.Id, 10);
        await host.DrainAsync();

        Assert.Equal(0, host.Mails.CountNews(EnrollmentNews.Expired));
        Assert.Equal(1, host.Mails.CountNews(EnrollmentNews.Started));
        Assert.Equal(1, host.Mails.CountNews(EnrollmentNews.Extended));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_late_job_tells_once_and_of_many_workers_one_tells(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Nobody);
        var account = await host.CreateAccountAsync(Ada);
        await SetAsync(host, account.Id, 30);
        host.Time.Advance(TimeSpan.FromDays(29.5));

        await AtOnce.RunAsync(
            4,
            async _ =>
            {
                await host.CallAsync<AnnounceEnrollments, bool>(async a =>
                {
                    await a.RunAsync(Cancelled);
                    return true;
                });
                return true;
            }
        );
        await host.DrainAsync();

        Assert.Equal(1, host.Mails.CountNews(EnrollmentNews.Reminder));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task People_of_the_console_never_get_a_period(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Enrollment:PolicyDays", "7"));
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);

        Assert.IsType<EnrollmentPeriodSet.Privileged>(await SetAsync(host, root.Id, 7));

        Assert.IsType<PasswordSignIn.EnrollmentRequired>(
            await host.SignInAsync(new Jar(), "root@example.test", portal: Audience.Administrator)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_extends_their_own_and_nobody_with_a_factor_gets_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Everybody);
        var account = await host.CreateAccountAsync(Ada);
        Assert.IsType<EnrollmentPeriodSet.NotAllowed>(
            await SetAsync(host, account.Id, 7, new Actor(account.Id, [ConsoleRoles.Administrator]))
        );
        Assert.IsType<EnrollmentPeriodSet.NotAllowed>(
            await SetAsync(host, account.Id, 7, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
        Assert.IsType<EnrollmentPeriodSet.Gone>(await SetAsync(host, "nobody", 7));
        await host.EnrollTotpAsync(account.Id);

        Assert.IsType<EnrollmentPeriodSet.AlreadyEnrolled>(await SetAsync(host, account.Id, 7));
    }

    private static Task<EnrollmentPeriodSet> SetAsync(
        RecoveryHost host,
        string accountId,
        int days,
        Actor? actor = null
    ) =>
        host.CallAsync<SetEnrollmentPeriod, EnrollmentPeriodSet>(s =>
            s.RunAsync(
                actor ?? Actor.CommandLine,
                accountId,
                EnrollmentPeriod.Of(days)!.Value,
                "on leave",
                RecoveryHost.Origin,
                Cancelled
            )
        );

    private static Task<FactorSignIn> LaterAsync(RecoveryHost host, Jar browser, string token) =>
        host.InBrowserAsync(
            browser,
            (p, http) =>
                ((EnrollAtSignIn)p.GetService(typeof(EnrollAtSignIn))!).LaterAsync(
                    http,
                    token,
                    RecoveryHost.Origin,
                    Cancelled
                )
        );

    private static async Task<EnrollmentStatus> StatusAsync(RecoveryHost host, string accountId)
    {
        var account = await host.FindAsync(accountId);
        return await host.CallAsync<EnrollmentStatuses, EnrollmentStatus>(s => Task.FromResult(s.Of(account)));
    }

    private static async Task AnnounceAsync(RecoveryHost host)
    {
        await host.CallAsync<AnnounceEnrollments, bool>(async a =>
        {
            await a.RunAsync(Cancelled);
            return true;
        });
        await host.DrainAsync();
    }

    private static Task RemoveTotpAsync(RecoveryHost host, string accountId) =>
        host.InScopeAsync(async p =>
        {
            var manage = (IdP.Recovery.Factors.Totp.ManageTotp)
                p.GetService(typeof(IdP.Recovery.Factors.Totp.ManageTotp))!;
            var app = Assert.Single(await manage.ListAsync(accountId, Cancelled));
            await manage.RemoveAsync(accountId, app.Id, RecoveryHost.Origin, Cancelled);
        });
}

internal static class EnrollmentMails
{
    public static int CountNews(this RecordingMailer mails, EnrollmentNews news) =>
        mails.Sent.Count(m => m.Mail is RecoveryMail.Enrollment e && e.News == news);
}
