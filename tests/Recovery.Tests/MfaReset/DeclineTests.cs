using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.MfaReset;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.MfaReset;

/// <summary>What waits for a second administrator is told to the others, and may be declined.</summary>
public sealed class DeclineTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_other_administrators_are_told_that_something_waits(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);

        await stage.AskAsync();
        await stage.Host.DrainAsync();

        Assert.Equal(1, stage.Host.Mails.Count<RecoveryMail.MfaResetPending>());
        var told = stage.Host.Mails.Last<RecoveryMail.MfaResetPending>();
        Assert.Equal(stage.Third.Email, told.To.Address);
        Assert.Equal((stage.Root.Email, stage.Asker.Email), (told.Administrator, told.AskedBy));
        Assert.Equal(told.RequestedAt.AddHours(24), told.Until);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_declined_reset_is_not_done_and_who_asked_is_told(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        var id = await stage.AskAsync();
        await stage.Host.DrainAsync();

        Assert.IsType<ApprovedMfaReset.NotYours>(
            await stage.DeclineAsync(id, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
        var results = await AtOnce.RunAsync(4, _ => stage.DeclineAsync(id, Stage.By(stage.Third)));
        await stage.Host.DrainAsync();

        Assert.Single(results, r => r is ApprovedMfaReset.Done);
        Assert.Equal(3, results.Count(r => r is ApprovedMfaReset.Gone));
        Assert.IsType<ApprovedMfaReset.Gone>(
            await stage.Host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a =>
                a.RunAsync(id, Stage.By(stage.Third), RecoveryHost.Origin, Cancelled)
            )
        );
        Assert.Single(await stage.Host.RowsAsync<TotpAuthenticator>());
        var audited = Assert.Single(
            await stage.Host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.MfaResetDeclined
        );
        Assert.Equal((stage.Third.Id, stage.Root.Id), (audited.ActorId, audited.AccountId));
        var told = stage.Host.Mails.Last<RecoveryMail.MfaResetDeclined>();
        Assert.Equal(stage.Asker.Email, told.To.Address);
        Assert.Equal((stage.Root.Email, stage.Third.Email), (told.Administrator, told.DeclinedBy));
        Assert.Equal(1, stage.Host.Mails.Count<RecoveryMail.MfaResetDeclined>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_asked_may_take_it_back_and_is_not_told(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        var id = await stage.AskAsync();

        Assert.IsType<ApprovedMfaReset.Done>(await stage.DeclineAsync(id, Stage.By(stage.Asker)));
        await stage.Host.DrainAsync();

        Assert.Equal(0, stage.Host.Mails.Count<RecoveryMail.MfaResetDeclined>());

        // What does not wait any more is not asked of anybody.
        Assert.Equal(0, stage.Host.Mails.Count<RecoveryMail.MfaResetPending>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_wish_waits_for_an_account_however_often_somebody_asks(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        var first = await stage.AskAsync();
        Assert.Equal(first, await stage.AskAsync());

        var second = await stage.AskAsync("another reason");

        Assert.NotEqual(first, second);
        await stage.Host.DrainAsync();
        Assert.Equal(1, stage.Host.Mails.Count<RecoveryMail.MfaResetPending>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Whose_MFA_it_is_is_told_and_objects_without_signing_in(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        var id = await stage.AskAsync();
        await stage.Host.DrainAsync();
        var told = stage.Host.Mails.Last<RecoveryMail.MfaResetWaiting>();
        Assert.Equal((stage.Root.Email, stage.Asker.Email), (told.To.Address, told.AskedBy));
        var token = told.ObjectLink.Token();

        var seen = await stage.LookAsync(token);
        Assert.Equal((stage.Asker.Email, "lost phone", true), (seen!.AskedBy, seen.Why, seen.Waits));
        var objected = await AtOnce.RunAsync(4, _ => stage.ObjectAsync(token));
        await stage.Host.DrainAsync();

        Assert.Single(objected, o => o);
        Assert.Null(await stage.LookAsync(token));
        Assert.IsType<ApprovedMfaReset.Gone>(
            await stage.Host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a =>
                a.RunAsync(id, Stage.By(stage.Third), RecoveryHost.Origin, Cancelled)
            )
        );
        Assert.Single(await stage.Host.RowsAsync<TotpAuthenticator>());
        var audited = Assert.Single(
            await stage.Host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.MfaResetDeclined
        );
        Assert.Equal((stage.Root.Id, stage.Root.Id, "mail"), (audited.ActorId, audited.AccountId, audited.Reason));
        Assert.Equal(stage.Asker.Email, stage.Host.Mails.Last<RecoveryMail.MfaResetDeclined>().To.Address);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_older_link_objects_to_the_wish_that_has_taken_the_place_of_its_own(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        await stage.AskAsync();
        await stage.Host.DrainAsync();
        var first = stage.Host.Mails.Last<RecoveryMail.MfaResetWaiting>().ObjectLink.Token();
        var second = await stage.AskAsync("another reason");

        Assert.Equal("another reason", (await stage.LookAsync(first))!.Why);
        Assert.True(await stage.ObjectAsync(first));

        Assert.IsType<ApprovedMfaReset.Gone>(
            await stage.Host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a =>
                a.RunAsync(second, Stage.By(stage.Third), RecoveryHost.Origin, Cancelled)
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_wishes_at_once_one_waits(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);

        await AtOnce.RunAsync(
            6,
            i =>
                stage.Host.CallAsync<ResetMfa, MfaResetResult>(r =>
                    r.RunAsync(
                        Stage.By(stage.Asker),
                        stage.Root.Id,
                        new MfaResetOrder(ResetFactors.All, null, $"reason {i}"),
                        RecoveryHost.Origin,
                        Cancelled
                    )
                )
        );

        Assert.Single(await stage.Host.RowsAsync<WaitingMfaReset>(), w => w.DecidedAt is null);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_decided_or_over_cannot_be_objected_to(DatabaseProvider provider)
    {
        await using var stage = await Stage.StartAsync(provider);
        var id = await stage.AskAsync();
        await stage.Host.DrainAsync();
        var decided = stage.Host.Mails.Last<RecoveryMail.MfaResetWaiting>().ObjectLink.Token();
        await stage.DeclineAsync(id, Stage.By(stage.Third));
        Assert.False((await stage.LookAsync(decided))!.Waits);
        Assert.False(await stage.ObjectAsync(decided));
        await stage.AskAsync("once more");
        await stage.Host.DrainAsync();
        var old = stage.Host.Mails.Last<RecoveryMail.MfaResetWaiting>().ObjectLink.Token();

        stage.Host.Time.Advance(TimeSpan.FromHours(24));
        Assert.Null(await stage.LookAsync(old));
        Assert.False(await stage.ObjectAsync(old));
        Assert.False(await stage.ObjectAsync("no token"));
    }

    private sealed class Stage : IAsyncDisposable
    {
        public required RecoveryHost Host { get; init; }

        public required Account Root { get; init; }

        public required Account Asker { get; init; }

        public required Account Third { get; init; }

        public static async Task<Stage> StartAsync(DatabaseProvider provider)
        {
            var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:MfaReset:Approval", "Privileged"));
            var stage = new Stage
            {
                Host = host,
                Root = await host.CreateAccountAsync("root@example.test", administrator: true),
                Asker = await host.CreateAccountAsync("asker@example.test", administrator: true),
                Third = await host.CreateAccountAsync("third@example.test", administrator: true),
            };
            await host.EnrollTotpAsync(stage.Root.Id);
            return stage;
        }

        public Task<ObjectionableMfaReset?> LookAsync(string token) =>
            Host.CallAsync<ObjectToMfaReset, ObjectionableMfaReset?>(o => o.LookAsync(token, Cancelled));

        public Task<bool> ObjectAsync(string token) =>
            Host.CallAsync<ObjectToMfaReset, bool>(o => o.RunAsync(token, RecoveryHost.Origin, Cancelled));

        public static Actor By(Account account) => new(account.Id, [ConsoleRoles.Administrator]);

        /// <summary>Asks, and gives the one wish that waits then.</summary>
        public async Task<Guid> AskAsync(string why = "lost phone")
        {
            Assert.IsType<MfaResetResult.WaitsForApproval>(
                await Host.CallAsync<ResetMfa, MfaResetResult>(r =>
                    r.RunAsync(
                        By(Asker),
                        Root.Id,
                        new MfaResetOrder(ResetFactors.All, null, why),
                        RecoveryHost.Origin,
                        Cancelled
                    )
                )
            );
            return Assert
                .Single(
                    await Host.CallAsync<ApproveMfaReset, IReadOnlyList<MfaResetToApprove>>(a => a.ListAsync(Cancelled))
                )
                .Id;
        }

        public Task<ApprovedMfaReset> DeclineAsync(Guid id, Actor by) =>
            Host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a =>
                a.DeclineAsync(id, by, RecoveryHost.Origin, Cancelled)
            );

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}
