using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.PasswordReset;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>What administrators do about each other's resets.</summary>
internal static class AdministratorSteps
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<RecoverableAccount> FindByAddressAsync(this RecoveryHost host, string address) =>
        host.CallAsync<IAccounts, RecoverableAccount>(async a =>
            (await a.FindByAddressAsync(EmailAddress.Normalize(address)!, Cancelled))!
        );

    public static Task<StoppedPasswordReset> StopAsync(this RecoveryHost host, string? token) =>
        host.CallAsync<StopPasswordReset, StoppedPasswordReset>(s => s.RunAsync(token, RecoveryHost.Origin, Cancelled));

    public static Task<StoppableReset?> LookAtStopAsync(this RecoveryHost host, string? token) =>
        host.CallAsync<StopPasswordReset, StoppableReset?>(s => s.LookAsync(token, Cancelled));

    public static async Task<ApprovedPasswordReset> ApproveAsync(this RecoveryHost host, Guid request, string approver)
    {
        var account = await host.FindByAddressAsync(approver);
        return await host.CallAsync<ApprovePasswordReset, ApprovedPasswordReset>(a =>
            a.RunAsync(request, new Actor(account.Id, account.Roles, "pwd otp"), RecoveryHost.Origin, Cancelled)
        );
    }
}
