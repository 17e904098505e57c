using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.MfaReset;
using IdP.Recovery.Ports;
using IdP.Recovery.SignIn;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.MfaReset;

/// <summary>An administrator removes second factors; the password stays.</summary>
public sealed class ResetMfaTests
{
    private static readonly Actor Root = new("root", [ConsoleRoles.Administrator], "pwd otp mfa");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_removes_the_factors_and_all_that_hangs_on_them_and_leaves_the_password(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var app = await host.EnrollTotpAsync(ada.Id);
        await host.CreateRecoveryCodesAsync(ada.Id);
        var known = new Jar();
        var pending = (PasswordSignIn.FactorRequired)await host.SignInAsync(known, ada.Email!);
        await host.SignInAsync(
            known,
            pending.Token,
            new FactorProof.Totp(app.CodeAt(host.Time.GetUtcNow())),
            remember: true
        );
        var half = (PasswordSignIn.FactorRequired)await host.SignInAsync(new Jar(), ada.Email!);

        var done = Assert.IsType<MfaResetResult.Done>(await ResetAsync(host, ada.Id, days: 7));

        Assert.Equal(host.Time.GetUtcNow().AddDays(7), done.EnrollUntil);
        Assert.Empty(await host.RowsAsync<TotpAuthenticator>());
        Assert.Empty(await host.RowsAsync<RecoveryCode>());
        Assert.Empty(await host.RowsAsync<RememberedBrowser>());
        Assert.False(await host.IsSignedInAsync(known));
        Assert.IsType<FactorSignIn.Gone>(await host.SignInAsync(new Jar(), half.Token, new FactorProof.Totp("000000")));
        Assert.IsType<PasswordSignIn.EnrollmentOffered>(await host.SignInAsync(known, ada.Email!));
        var told = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.MfaReset);
        Assert.Equal(
            ("root", "pwd otp mfa", "lost phone", "totp passkeys recovery-codes"),
            (told.ActorId, told.Proof, told.Why, told.Reason)
        );
        await host.DrainAsync();
        Assert.Equal(done.EnrollUntil, host.Mails.Last<RecoveryMail.MfaReset>().EnrollUntil);
        Assert.Single(host.Grants.Revoked);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Without_a_period_a_factor_is_set_up_at_the_next_sign_in_where_one_is_required(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Mfa:RequiredFor", "Everybody")
        );
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);

        await ResetAsync(host, ada.Id, days: null);

        Assert.IsType<PasswordSignIn.EnrollmentRequired>(await host.SignInAsync(new Jar(), ada.Email!));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task What_is_left_out_stays_but_codes_go_with_the_last_factor(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.CreateRecoveryCodesAsync(ada.Id);

        var kept = await ResetAsync(host, ada.Id, 7, factors: ResetFactors.RecoveryCodes);

        Assert.Null(Assert.IsType<MfaResetResult.Done>(kept).EnrollUntil);
        Assert.Empty(await host.RowsAsync<RecoveryCode>());
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.Empty(await host.RowsAsync<MfaEnrollment>());

        await host.CreateRecoveryCodesAsync(ada.Id);
        await ResetAsync(host, ada.Id, 7, factors: ResetFactors.Totp | ResetFactors.Passkeys);
        Assert.Empty(await host.RowsAsync<RecoveryCode>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_administrators_at_once_one_resets_and_it_is_audited_once(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.CallAsync<IAccounts, bool>(async a => (await a.FindAsync(ada.Id, Cancelled))!.Factors.Any);

        var results = await AtOnce.RunAsync(2, i => ResetAsync(host, ada.Id, 7));

        // One may have come wholly after the other; then both are told.
        var done = results.Count(r => r is MfaResetResult.Done);
        Assert.All(results, r => Assert.True(r is MfaResetResult.Done or MfaResetResult.Changed));
        Assert.Equal(done, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.MfaReset));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_resets_themselves_the_privileged_without_being_it_or_the_last_administrator(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var ada = await host.CreateAccountAsync();

        await RefusesAsync(host, MfaResetRefusal.Oneself, root.Id, new Actor(root.Id, [ConsoleRoles.Administrator]));
        await RefusesAsync(host, MfaResetRefusal.NotAllowed, root.Id, new Actor("desk", [ConsoleRoles.HelpDesk]));
        await RefusesAsync(host, MfaResetRefusal.NotAllowed, ada.Id, new Actor("eyes", [ConsoleRoles.Auditor]));
        await RefusesAsync(host, MfaResetRefusal.LastAdministrator, root.Id, Root);
        await RefusesAsync(host, MfaResetRefusal.Gone, "nobody", Root);
        await host.CreateAccountAsync(
            "suspended@example.test",
            administrator: true,
            with: a => a.SuspendedAt = a.CreatedAt
        );
        await RefusesAsync(host, MfaResetRefusal.LastAdministrator, root.Id, Root);
        await host.CreateAccountAsync("other@example.test", administrator: true);
        Assert.IsType<MfaResetResult.Done>(await ResetAsync(host, root.Id, 7));
        Assert.Empty(await host.RowsAsync<MfaEnrollment>());
        Assert.IsType<MfaResetResult.Done>(
            await ResetAsync(host, ada.Id, 7, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_privileged_reset_waits_for_a_second_administrator_where_the_option_says_so(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:MfaReset:Approval", "Privileged")
        );
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var other = await host.CreateAccountAsync("other@example.test", administrator: true);
        var third = await host.CreateAccountAsync("third@example.test", administrator: true);
        await host.EnrollTotpAsync(root.Id);
        var asker = new Actor(other.Id, [ConsoleRoles.Administrator]);

        Assert.IsType<MfaResetResult.WaitsForApproval>(await ResetAsync(host, root.Id, 7, asker));
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        var waiting = Assert.Single(
            await host.CallAsync<ApproveMfaReset, IReadOnlyList<MfaResetToApprove>>(a => a.ListAsync(Cancelled))
        );

        Assert.IsType<ApprovedMfaReset.NotYours>(await ApproveAsync(host, waiting.Id, asker));
        Assert.IsType<ApprovedMfaReset.NotYours>(
            await ApproveAsync(host, waiting.Id, new Actor(root.Id, [ConsoleRoles.Administrator]))
        );
        Assert.IsType<ApprovedMfaReset.NotYours>(
            await ApproveAsync(host, waiting.Id, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
        var approver = new Actor(third.Id, [ConsoleRoles.Administrator]);
        var results = await AtOnce.RunAsync(4, _ => ApproveAsync(host, waiting.Id, approver));

        Assert.Single(results, r => r is ApprovedMfaReset.Done);
        Assert.Empty(await host.RowsAsync<TotpAuthenticator>());
        Assert.Equal(
            other.Id,
            Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.MfaReset).ActorId
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_privileged_reset_that_is_declined_removes_nothing_and_cannot_be_approved(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:MfaReset:Approval", "Privileged")
        );
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        var other = await host.CreateAccountAsync("other@example.test", administrator: true);
        await host.CreateAccountAsync("third@example.test", administrator: true);
        await host.EnrollTotpAsync(root.Id);
        var asker = new Actor(other.Id, [ConsoleRoles.Administrator]);
        await ResetAsync(host, root.Id, 7, asker);
        var id = Assert.Single(await host.RowsAsync<WaitingMfaReset>()).Id;

        Assert.IsType<ApprovedMfaReset.NotYours>(
            await DeclineAsync(host, id, new Actor("desk", [ConsoleRoles.HelpDesk]))
        );
        var approver = new Actor("third", [ConsoleRoles.Administrator]);
        Assert.IsType<ApprovedMfaReset.Done>(await DeclineAsync(host, id, approver));

        Assert.IsType<ApprovedMfaReset.Gone>(await DeclineAsync(host, id, approver));
        Assert.IsType<ApprovedMfaReset.Gone>(await ApproveAsync(host, id, approver));
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.MfaResetDeclined && e.ActorId == "third"
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_approval_comes_too_late_after_the_hold_or_a_change(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:MfaReset:Approval", "Privileged"),
            ("AccountRecovery:MfaReset:Hold", "01:00:00")
        );
        var root = await host.CreateAccountAsync("root@example.test", administrator: true);
        await host.CreateAccountAsync("other@example.test", administrator: true);
        await ResetAsync(host, root.Id, 7);
        var id = Assert.Single(await host.RowsAsync<WaitingMfaReset>()).Id;
        var approver = new Actor("third", [ConsoleRoles.Administrator]);
        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.IsType<ApprovedMfaReset.Gone>(await ApproveAsync(host, id, approver));

        await ResetAsync(host, root.Id, 7);
        id = (await host.RowsAsync<WaitingMfaReset>()).Max(w => w.Id);
        await host.InScopeAsync(p => TestAccounts.ReplaceStampAsync(p, root.Id));
        Assert.IsType<ApprovedMfaReset.Gone>(await ApproveAsync(host, id, approver));
    }

    private static async Task RefusesAsync(RecoveryHost host, MfaResetRefusal reason, string accountId, Actor actor) =>
        Assert.Equal(reason, Assert.IsType<MfaResetResult.Refused>(await ResetAsync(host, accountId, 7, actor)).Reason);

    private static Task<ApprovedMfaReset> DeclineAsync(RecoveryHost host, Guid id, Actor actor) =>
        host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a =>
            a.DeclineAsync(id, actor, RecoveryHost.Origin, Cancelled)
        );

    private static Task<ApprovedMfaReset> ApproveAsync(RecoveryHost host, Guid id, Actor actor) =>
        host.CallAsync<ApproveMfaReset, ApprovedMfaReset>(a => a.RunAsync(id, actor, RecoveryHost.Origin, Cancelled));

    private static Task<MfaResetResult> ResetAsync(
        RecoveryHost host,
        string accountId,
        int? days,
        Actor? actor = null,
        ResetFactors factors = ResetFactors.All
    ) =>
        host.CallAsync<ResetMfa, MfaResetResult>(r =>
            r.RunAsync(
                actor ?? Root,
                accountId,
                new MfaResetOrder(factors, days is { } d ? EnrollmentPeriod.Of(d) : null, "lost phone"),
                RecoveryHost.Origin,
                Cancelled
            )
        );
}
