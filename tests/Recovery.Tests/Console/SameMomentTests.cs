using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using Recovery.Tests.Audit;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>
/// Two administrators act on one person at the same moment. Whatever comes of it, some order of their deeds, of which a
/// few came to nothing, gives the same account; and the audit knows each deed that took effect, and no other.
/// </summary>
public sealed class SameMomentTests
{
    private const int AtATime = 16;
    private const int Rounds = 4;

    /// <summary>What is done, each by one administrator.</summary>
    public enum Deed
    {
        /// <summary>Resets MFA, and gives a week to enroll.</summary>
        ResetForAWeek,

        /// <summary>Resets MFA, and gives a month.</summary>
        ResetForAMonth,

        /// <summary>Gives a week to enroll.</summary>
        ExtendByAWeek,

        /// <summary>Gives a month.</summary>
        ExtendByAMonth,

        /// <summary>Suspends.</summary>
        Suspend,

        /// <summary>Activates.</summary>
        Activate,

        /// <summary>Lifts a lock.</summary>
        Unlock,
    }

    private static readonly MfaResetOrder Week = new(ResetFactors.All, EnrollmentPeriod.Of(7), "lost");

    private static readonly MfaResetOrder Month = Week with { Period = EnrollmentPeriod.Of(30) };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<DatabaseProvider, Deed, Deed, string> Races()
    {
        var all = new TheoryData<DatabaseProvider, Deed, Deed, string>();
        foreach (var row in new EveryDatabase())
        {
            var provider = row.Data;
            all.Add(provider, Deed.ResetForAWeek, Deed.Suspend, "enrolled");
            all.Add(provider, Deed.ResetForAWeek, Deed.ResetForAMonth, "enrolled");
            all.Add(provider, Deed.ExtendByAMonth, Deed.ResetForAWeek, "enrolled");
            all.Add(provider, Deed.ExtendByAWeek, Deed.ResetForAMonth, "");
            all.Add(provider, Deed.Unlock, Deed.Suspend, "enrolled locked");
            all.Add(provider, Deed.Activate, Deed.ResetForAMonth, "enrolled suspended");
            all.Add(provider, Deed.Activate, Deed.Suspend, "suspended");
        }

        return all;
    }

    [Theory, MemberData(nameof(Races))]
    public async Task Some_order_gives_what_becomes_of_the_account_and_each_deed_is_audited_once(
        DatabaseProvider provider,
        Deed one,
        Deed other,
        string before
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Mfa:RequiredFor", "Nobody"));
        await host.CreateAccountAsync("root@example.test", administrator: true);
        for (var round = 0; round < Rounds; round++)
        {
            var id = await ArrangeAsync(host, $"ada-{round}@example.test", before);
            var start = await ReadAsync(host, id);
            Assert.Equal(
                (before.Contains("enrolled"), before.Contains("suspended"), before.Contains("locked")),
                (start.Enrolled, start.Suspended, start.Locked)
            );

            var done = await AtOnce.RunAsync(AtATime, i => DoAsync(host, id, i % 2 == 0 ? one : other));

            var ones = done.Where((d, i) => d && i % 2 == 0).Count();
            var others = done.Where((d, i) => d && i % 2 != 0).Count();
            var end = await ReadAsync(host, id);
            Assert.True(ones + others > 0, "Nothing took effect.");
            Assert.True(
                Reachable(start, one, other).Contains((end, ones, others)),
                $"{end} after {one} {ones} times and {other} {others} times, from {start}"
            );
            Assert.Equal(
                TellsOf(one, ones).Concat(TellsOf(other, others)).Order(),
                (await host.RowsAsync<AuditEvent>())
                    .Where(e => e.AccountId == id && e.ActorId is "one" or "other")
                    .Select(e => $"{e.ActorId}: {e.Type}".Replace("extended", "started"))
                    .Order()
            );
            Assert.Equal(
                (EndsAccess(one) ? ones : 0) + (EndsAccess(other) ? others : 0),
                (await host.RowsAsync<OutboxEntry>()).Count(e =>
                    e.Kind == EndAccess.Kind && e.Subject == id && e.DoneAt == null
                )
            );
        }

        await host.DrainAsync();
        await host.SealAsync();
        Assert.Empty((await host.VerifyAsync()).Flaws);
    }

    // What one administrator's deeds leave in the audit.
    private static IEnumerable<string> TellsOf(Deed deed, int times)
    {
        string[] types = deed switch
        {
            Deed.ResetForAWeek or Deed.ResetForAMonth => [AuditEventTypes.MfaReset, AuditEventTypes.EnrollmentStarted],
            Deed.ExtendByAWeek or Deed.ExtendByAMonth => [AuditEventTypes.EnrollmentStarted],
            Deed.Suspend => [AuditEventTypes.AccountSuspended],
            Deed.Activate => [AuditEventTypes.AccountActivated],
            Deed.Unlock => [AuditEventTypes.Unlocked],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return Enumerable.Repeat(types.Select(t => $"{By(deed)}: {t}"), times).SelectMany(t => t);
    }

    private static bool EndsAccess(Deed deed) => deed is Deed.ResetForAWeek or Deed.ResetForAMonth or Deed.Suspend;

    // Two actors, of whom each does one thing; of two resets it is the longer one that is the other's.
    private static string By(Deed deed) =>
        deed is Deed.Suspend or Deed.ResetForAMonth or Deed.ExtendByAMonth ? "other" : "one";

    private static async Task<bool> DoAsync(RecoveryHost host, string id, Deed deed)
    {
        var actor = new Actor(By(deed), [ConsoleRoles.Administrator], "pwd");
        var origin = RecoveryHost.Origin;
        switch (deed)
        {
            case Deed.ResetForAWeek or Deed.ResetForAMonth:
                var order = deed == Deed.ResetForAWeek ? Week : Month;
                var reset = await host.CallAsync<ResetMfa, MfaResetResult>(r =>
                    r.RunAsync(actor, id, order, origin, Cancelled)
                );
                Assert.True(reset is MfaResetResult.Done or MfaResetResult.Changed, $"{reset}");
                return reset is MfaResetResult.Done;
            case Deed.ExtendByAWeek or Deed.ExtendByAMonth:
                var days = EnrollmentPeriod.Of(deed == Deed.ExtendByAWeek ? 7 : 30)!.Value;
                return await host.CallAsync<SetEnrollmentPeriod, EnrollmentPeriodSet>(s =>
                        s.RunAsync(actor, id, days, null, origin, Cancelled)
                    ) is EnrollmentPeriodSet.Done;
            case Deed.Suspend:
                return await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                        s.SuspendAsync(actor, id, null, origin, Cancelled)
                    ) is SuspensionResult.Done;
            case Deed.Activate:
                return await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                        s.ActivateAsync(actor, id, null, origin, Cancelled)
                    ) is SuspensionResult.Done;
            case Deed.Unlock:
                return (
                    await host.CallAsync<UnlockAccount, UnlockedByAdministrator>(u =>
                        u.ByAdministratorAsync(actor, id, null, origin, Cancelled)
                    )
                ).Unlocked;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Every account that some order gives, with how often each deed took effect: any call may lose its race.</summary>
    private static HashSet<(State, int, int)> Reachable(State start, Deed one, Deed other)
    {
        var found = new HashSet<(State State, int Ones, int Others)> { (start, 0, 0) };
        var open = new Queue<(State State, int Ones, int Others)>(found);
        while (open.TryDequeue(out var at))
        {
            (State?, int, int)[] next =
            [
                (at.Ones < AtATime / 2 ? at.State.After(one) : null, at.Ones + 1, at.Others),
                (at.Others < AtATime / 2 ? at.State.After(other) : null, at.Ones, at.Others + 1),
            ];
            foreach (var (state, ones, others) in next)
            {
                if (state is not null && found.Add((state, ones, others)))
                {
                    open.Enqueue((state, ones, others));
                }
            }
        }

        return found;
    }

    private static async Task<string> ArrangeAsync(RecoveryHost host, string email, string state)
    {
        var id = (await host.CreateAccountAsync(email)).Id;
        if (state.Contains("enrolled"))
        {
            await host.EnrollTotpAsync(id);
        }

        for (var i = 0; i < 5 && state.Contains("locked"); i++)
        {
            await host.SignsInAsync(email, "a wrong guess of many words");
        }

        if (state.Contains("suspended"))
        {
            var root = new Actor("root", [ConsoleRoles.Administrator]);
            Assert.IsType<SuspensionResult.Done>(
                await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
                    s.SuspendAsync(root, id, null, RecoveryHost.Origin, Cancelled)
                )
            );
        }

        await host.DrainAsync();
        return id;
    }

    private static async Task<State> ReadAsync(RecoveryHost host, string id)
    {
        var account = await host.FindAsync(id);
        var now = host.Time.GetUtcNow();
        return new(
            (await host.RowsAsync<TotpAuthenticator>()).Any(t => t.AccountId == id),
            account.Suspended,
            (await host.RowsAsync<FailureCount>()).Any(c => c.AccountId == id && c.LockedUntil > now),
            (await host.RowsAsync<MfaEnrollment>()).SingleOrDefault(e => e.AccountId == id) is { } period
                ? (int)Math.Round((period.EndsAt - now).TotalDays / 7) * 7
                : 0
        );
    }

    /// <summary>What of an account the deeds change.</summary>
    /// <param name="Enrolled">Whether there is an authenticator.</param>
    /// <param name="Suspended">Whether it is closed.</param>
    /// <param name="Locked">Whether sign-in is locked.</param>
    /// <param name="Days">How long the period to enroll is, in whole weeks; 0 for none.</param>
    private sealed record State(bool Enrolled, bool Suspended, bool Locked, int Days)
    {
        /// <summary>What a deed makes of it; null where it comes to nothing.</summary>
        public State? After(Deed deed) =>
            deed switch
            {
                Deed.ResetForAWeek => this with { Enrolled = false, Days = 7 },
                Deed.ResetForAMonth => this with { Enrolled = false, Days = 28 },
                Deed.ExtendByAWeek => Enrolled || Days > 7 ? null : this with { Days = 7 },
                Deed.ExtendByAMonth => Enrolled ? null : this with { Days = 28 },
                Deed.Suspend => Suspended ? null : this with { Suspended = true },
                Deed.Activate => Suspended ? this with { Suspended = false } : null,
                Deed.Unlock => Locked ? this with { Locked = false } : null,
                _ => throw new System.Diagnostics.UnreachableException(),
            };
    }
}
