using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>What an operator may choose of the guards around an administrator's reset.</summary>
public sealed class AdministratorResetOptionsTests
{
    private const string Ada = "ada@example.test";
    private const string Grace = "grace@example.test";
    private const string Section = "AccountRecovery:AdministratorReset:";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Where_the_others_are_not_told_the_link_alone_is_mailed_and_works(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("TellsOthers", "false"));

        var link = await host.RequestTokenAsync(Ada, Audience.Administrator);

        Assert.Equal(Ada, Assert.Single(host.Mails.Sent).Mail.To.Address);
        Assert.Empty(await host.RowsAsync<MailedLink>());
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(link));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Breaking_the_glass_is_not_told_then_either(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("TellsOthers", "false"));
        var ada = await FindAsync(host, Ada);

        await host.CallAsync<IssuePasswordReset, IssuedLink>(i =>
            i.ToCallerAsync(ada, PasswordResetPurpose.BreakGlass, "command-line", Cancelled)
        );
        await host.DrainAsync();

        Assert.DoesNotContain(host.Mails.Sent, m => m.Mail.To.Address == Grace);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_waits_as_long_as_it_may_and_its_mail_says_until_when(DatabaseProvider provider)
    {
        await using var host = await StartAsync(provider, ("Proof", "Approval"), ("ApprovalLifetime", "00:05:00"));
        var late = await WaitAsync(host);
        var asked = host.Time.GetUtcNow();
        Assert.Equal(asked.AddMinutes(5), host.Mails.Last<RecoveryMail.AdministratorResetPending>().Until);
        host.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.Equal(asked.AddMinutes(5), Assert.Single(await WaitingAsync(host)).Until);
        host.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(await WaitingAsync(host));
        Assert.IsType<ApprovedPasswordReset.Gone>(await ApproveAsync(host, late));

        var inTime = await WaitAsync(host);
        host.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.IsType<ApprovedPasswordReset.Done>(await ApproveAsync(host, inTime));
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.PasswordResetLink>());
    }

    [Theory]
    [InlineData(
        "ApprovalLifetime",
        "00:04:59",
        "ApprovalLifetime must be from 00:05:00 to 1.00:00:00, but was 00:04:59."
    )]
    [InlineData(
        "ApprovalLifetime",
        "1.00:00:01",
        "ApprovalLifetime must be from 00:05:00 to 1.00:00:00, but was 1.00:00:01."
    )]
    [InlineData("Hold", "-00:00:01", "Hold must be from 00:00:00 to 3.00:00:00, but was -00:00:01.")]
    [InlineData("Hold", "3.00:00:01", "Hold must be from 00:00:00 to 3.00:00:00, but was 3.00:00:01.")]
    [InlineData("StopFor", "00:59:59", "StopFor must be from 01:00:00 to 7.00:00:00, but was 00:59:59.")]
    [InlineData("StopFor", "7.00:00:01", "StopFor must be from 01:00:00 to 7.00:00:00, but was 7.00:00:01.")]
    [InlineData("Proof", "3", "Proof must be Mail, Factor or Approval, but was 3.")]
    [InlineData("TellsOthers", "false", "TellsOthers must be true where Proof is Approval, but was false.")]
    public async Task A_wrong_option_is_refused_and_named(string name, string value, string message)
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            name == "Proof" ? [(Section + name, value)] : [(Section + "Proof", "Approval"), (Section + name, value)]
        );

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ReadAsync(host));

        Assert.Contains(Section + message, Assert.Single(refused.Failures));
    }

    [Fact]
    public async Task The_longest_times_are_taken()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            (Section + "ApprovalLifetime", "1.00:00:00"),
            (Section + "Hold", "3.00:00:00"),
            (Section + "StopFor", "7.00:00:00")
        );

        var read = await ReadAsync(host);

        Assert.Equal(
            (TimeSpan.FromDays(1), TimeSpan.FromDays(3), TimeSpan.FromDays(7)),
            (read.ApprovalLifetime, read.Hold, read.StopFor)
        );
    }

    private static async Task<RecoveryHost> StartAsync(
        DatabaseProvider provider,
        params (string Name, string Value)[] options
    )
    {
        var host = await RecoveryHost.StartAsync(provider, [.. options.Select(o => (Section + o.Name, o.Value))]);
        await host.CreateAccountAsync(Ada, administrator: true);
        await host.CreateAccountAsync(Grace, administrator: true);
        return host;
    }

    private static async Task<Guid> WaitAsync(RecoveryHost host)
    {
        await host.RequestAsync(Ada, Audience.Administrator);
        await host.DrainAsync();
        return Assert.Single(await WaitingAsync(host)).Id;
    }

    private static Task<AdministratorResetOptions> ReadAsync(RecoveryHost host) =>
        host.CallAsync<IOptions<AdministratorResetOptions>, AdministratorResetOptions>(o => Task.FromResult(o.Value));

    private static Task<RecoverableAccount> FindAsync(RecoveryHost host, string address) =>
        host.CallAsync<IAccounts, RecoverableAccount>(async a =>
            (await a.FindByAddressAsync(EmailAddress.Normalize(address)!, Cancelled))!
        );

    private static Task<IReadOnlyList<WaitingReset>> WaitingAsync(RecoveryHost host) =>
        host.CallAsync<ApprovePasswordReset, IReadOnlyList<WaitingReset>>(a => a.ListAsync(Cancelled));

    private static Task<ApprovedPasswordReset> ApproveAsync(RecoveryHost host, Guid id) => host.ApproveAsync(id, Grace);
}
