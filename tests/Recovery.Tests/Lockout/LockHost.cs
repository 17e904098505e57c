using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Lockout;

/// <summary>An account that failures have locked, and what is done about it.</summary>
internal static class LockHost
{
    public const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<string> LockAsync(this RecoveryHost host)
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.False(await host.SignsInAsync(Ada, "wrong"));
        }

        await host.DrainAsync();
        return host.Mails.Last<RecoveryMail.AccountLocked>().UnlockLink!.Token();
    }

    public static Task<UnlockedByMail> UnlockAsync(this RecoveryHost host, string token, FactorProof? proof = null) =>
        host.CallAsync<UnlockAccount, UnlockedByMail>(u => u.ByMailAsync(token, proof, RecoveryHost.Origin, Cancelled));

    public static Task<UnlockedByAdministrator> AdministratorUnlocksAsync(this RecoveryHost host, string accountId) =>
        host.CallAsync<UnlockAccount, UnlockedByAdministrator>(u =>
            u.ByAdministratorAsync(Actor.CommandLine, accountId, "called us", RecoveryHost.Origin, Cancelled)
        );
}
