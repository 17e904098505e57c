using IdentityProvider.Data;
using IdP.Recovery.MfaReset;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.MfaReset;

/// <summary>What an operator may choose of a reset of MFA that waits; how long it then waits is tried beside it.</summary>
public sealed class MfaResetOptionsTests
{
    private const string Section = "AccountRecovery:MfaReset:";

    [Theory]
    [InlineData("Hold", "00:04:59", "Hold must be from 5 minutes to 7 days, but was 00:04:59.")]
    [InlineData("Hold", "7.00:00:01", "Hold must be from 5 minutes to 7 days, but was 7.00:00:01.")]
    [InlineData("Approval", "2", "Approval must be Nobody or Privileged, but was 2.")]
    [InlineData("MaxPeople", "0", "MaxPeople must be from 1 to 1000000, but was another number.")]
    public async Task A_wrong_option_is_refused_and_named(string name, string value, string message)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite, (Section + name, value));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ReadAsync(host));

        Assert.Contains(Section + message, Assert.Single(refused.Failures));
    }

    [Theory, InlineData("00:05:00"), InlineData("7.00:00:00")]
    public async Task The_shortest_and_the_longest_hold_are_taken(string hold)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite, (Section + "Hold", hold));

        Assert.Equal(hold, (await ReadAsync(host)).Hold.ToString());
    }

    private static Task<MfaResetOptions> ReadAsync(RecoveryHost host) =>
        host.CallAsync<IOptions<MfaResetOptions>, MfaResetOptions>(o => Task.FromResult(o.Value));
}
