using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>A list shows everybody once, in order, and means by a status what a sign-in means.</summary>
public sealed class DirectoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Every_order_shows_everybody_once_however_small_the_pages(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        for (var i = 0; i < 23; i++)
        {
            var at = host.Time.GetUtcNow().AddMinutes(i / 3);
            await host.CreateAccountAsync(
                $"p{i:00}@example.test",
                null,
                with: a =>
                {
                    a.DisplayName = i % 4 == 0 ? null : $"Name {i / 4}";
                    a.LastSignInAt = i % 5 == 0 ? null : at;
                    a.CreatedAt = at;
                }
            );
        }

        foreach (var order in Enum.GetValues<AccountOrder>())
        {
            var seen = new List<RecoverableAccount>();
            string? after = null;
            do
            {
                var page = await ListAsync(host, new(), order, after, 4);
                Assert.InRange(page.Accounts.Count, 1, 4);
                seen.AddRange(page.Accounts);
                after = page.Next;
            } while (after is not null);

            // And the same backwards, from the last page.
            var pages = new List<AccountPage> { await ListAsync(host, new(), order, null, 4) };
            while (pages[^1].Next is { } next)
            {
                pages.Add(await ListAsync(host, new(), order, next, 4));
            }

            Assert.Null(pages[0].Previous);
            for (var i = pages.Count - 1; i > 0; i--)
            {
                var before = await ListAsync(host, new(), order, pages[i].Previous, 4);
                Assert.Equal(pages[i - 1].Accounts.Select(a => a.Id), before.Accounts.Select(a => a.Id));
                Assert.Equal(pages[i - 1].Next, before.Next);
                Assert.Equal(pages[i - 1].Previous, before.Previous);
            }

            Assert.Equal(23, seen.DistinctBy(a => a.Id).Count());
            Assert.Equal(23, seen.Count);
            var keys = seen.Select(a =>
                order switch
                {
                    AccountOrder.Email => a.Address,
                    AccountOrder.Name => a.DisplayName?.ToUpperInvariant() ?? "~",
                    AccountOrder.LastSignIn => Later(a.LastSignInAt),
                    _ => Later(a.CreatedAt),
                }
            );
            Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_status_in_the_list_is_the_status_at_sign_in(DatabaseProvider provider)
    {
        foreach (var requirement in Enum.GetValues<MfaRequirement>())
        {
            await using var host = await RecoveryHost.StartAsync(
                provider,
                ("AccountRecovery:Mfa:RequiredFor", requirement.ToString()),
                ("AccountRecovery:Mfa:Groups:0", "Staff")
            );
            var enrolled = await host.CreateAccountAsync("enrolled@example.test");
            await host.EnrollTotpAsync(enrolled.Id);
            await host.CreateAccountAsync("plain@example.test");
            await host.CreateAccountAsync("root@example.test", administrator: true);
            await host.CreateAccountAsync("elsewhere@example.test", with: a => a.TwoFactorEnabled = true);
            foreach (var cause in Enum.GetValues<EnrollmentCause>())
            {
                await AddPeriodAsync(host, $"runs-{cause}@example.test", cause, 3);
                await AddPeriodAsync(host, $"over-{cause}@example.test", cause, -3);
            }

            var told = new Dictionary<string, MfaStatusFilter>();
            foreach (var status in Enum.GetValues<MfaStatusFilter>())
            {
                var page = await ListAsync(host, new() { Mfa = status }, AccountOrder.Email);
                foreach (var account in page.Accounts)
                {
                    told.Add(account.Id, status);
                }
            }

            var all = await ListAsync(host, new(), AccountOrder.Email);
            Assert.Equal(all.Accounts.Count, told.Count);
            foreach (var account in all.Accounts)
            {
                var status = await host.CallAsync<EnrollmentStatuses, EnrollmentStatus>(s =>
                    Task.FromResult(s.Of(account))
                );
                Assert.Equal(
                    status switch
                    {
                        EnrollmentStatus.Enrolled => MfaStatusFilter.Enrolled,
                        EnrollmentStatus.InEnrollment => MfaStatusFilter.InEnrollment,
                        EnrollmentStatus.EnrollmentExpired => MfaStatusFilter.Expired,
                        EnrollmentStatus.NotEnrolled => MfaStatusFilter.NotEnrolled,
                        _ => MfaStatusFilter.NotRequired,
                    },
                    told[account.Id]
                );
            }
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task People_are_found_by_the_beginning_of_address_name_or_family_name(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(
            "al@example.test",
            null,
            with: a => (a.DisplayName, a.FamilyName) = ("Ada Lovelace", "Lovelace")
        );
        await host.CreateAccountAsync(
            "zg@example.test",
            null,
            with: a => (a.DisplayName, a.FamilyName) = ("Zoë Grün", "Grün")
        );

        foreach (var text in new[] { "al@", "ada l", "ADA", "love", "AL@EXAMPLE" })
        {
            Assert.Equal("al@example.test", (await OneAsync(host, text))!.Email);
        }

        foreach (var text in new[] { "zoë", "grün", "Zoë G", "ZG" })
        {
            Assert.Equal("zg@example.test", (await OneAsync(host, text))!.Email);
        }

        foreach (var text in new[] { "lace", "%", "_", "a%", "ada'--" })
        {
            Assert.Null(await OneAsync(host, text));
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Filters_take_whom_they_name(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var now = host.Time.GetUtcNow();
        await host.CreateAccountAsync("plain@example.test", null);
        await host.CreateAccountAsync("root@example.test", null, administrator: true);
        await host.CreateAccountAsync("out@example.test", null, with: a => a.SuspendedAt = now);
        await host.CreateAccountAsync("shut@example.test", null, with: a => a.LockoutEnd = DateTimeOffset.MaxValue);
        await host.CreateAccountAsync("fresh@example.test", null, with: a => a.LastSignInAt = now.AddDays(-1));

        await TakesAsync(host, new() { Suspended = true }, "out");
        await TakesAsync(host, new() { Locked = true }, "shut");
        await TakesAsync(host, new() { Audience = Audience.Administrator }, "root");
        await TakesAsync(host, new() { Group = ConsoleRoles.Administrator }, "root");
        await TakesAsync(
            host,
            new()
            {
                Audience = Audience.User,
                Locked = false,
                Suspended = false,
            },
            "fresh",
            "plain"
        );
        await TakesAsync(host, new() { NotSignedInSince = now.AddDays(-7) }, "out", "plain", "root", "shut");
        Assert.Equal(
            2,
            await host.CallAsync<IAccountDirectory, int>(d => d.CountAsync(new AccountFilter(), 2, Cancelled))
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense!")]
    [InlineData("AAAA")]
    [InlineData("//////////8")]
    public async Task A_cursor_out_of_shape_is_no_error(string after)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.CreateAccountAsync(password: null);
        foreach (var order in Enum.GetValues<AccountOrder>())
        {
            await ListAsync(host, new(), order, after);
        }
    }

    private static string Later(DateTimeOffset? at) => (long.MaxValue - (at?.UtcTicks ?? 0)).ToString("D20", null);

    private static async Task TakesAsync(RecoveryHost host, AccountFilter filter, params string[] names)
    {
        var page = await ListAsync(host, filter, AccountOrder.Email);
        Assert.Equal(names, page.Accounts.Select(a => a.Email.Split('@')[0]));
        Assert.Equal(
            page.Accounts.Select(a => a.Id),
            await host.CallAsync<IAccountDirectory, IReadOnlyList<string>>(d => d.IdsAsync(filter, 100, Cancelled))
        );
    }

    private static async Task<RecoverableAccount?> OneAsync(RecoveryHost host, string text) =>
        (await ListAsync(host, new() { Search = text }, AccountOrder.Email)).Accounts.SingleOrDefault();

    private static Task<AccountPage> ListAsync(
        RecoveryHost host,
        AccountFilter filter,
        AccountOrder order,
        string? after = null,
        int take = 100
    ) => host.CallAsync<IAccountDirectory, AccountPage>(d => d.ListAsync(filter, order, after, take, Cancelled));

    private static async Task AddPeriodAsync(RecoveryHost host, string email, EnrollmentCause cause, int days)
    {
        var account = await host.CreateAccountAsync(email, null);
        await using var context = host.Database.OpenContext();
        context.Add(
            new MfaEnrollment
            {
                AccountId = account.Id,
                StartedAt = host.Time.GetUtcNow().AddDays(-10),
                EndsAt = host.Time.GetUtcNow().AddDays(days),
                Cause = cause,
            }
        );
        await context.SaveChangesAsync(Cancelled);
    }
}
