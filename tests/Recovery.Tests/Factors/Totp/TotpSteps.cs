using IdP.Recovery;
using IdP.Recovery.Factors.Totp;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>The steps of an enrollment, each in a scope of its own.</summary>
internal static class TotpSteps
{
    public static readonly Requester Origin = new("192.0.2.7", "Firefox on Linux");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<TotpEnrollment?> BeginTotpAsync(this RecoveryHost host, string accountId)
    {
        var account = await host.FindAsync(accountId);
        return await host.CallAsync<EnrollTotp, TotpEnrollment?>(e => e.BeginAsync(account, Cancelled));
    }

    public static async Task<EnrolledTotp> ConfirmTotpAsync(
        this RecoveryHost host,
        string accountId,
        TotpEnrollment begun,
        string? code = null,
        string? name = null
    )
    {
        var account = await host.FindAsync(accountId);
        code ??= new Authenticator(begun.Key).CodeAt(host.Time.GetUtcNow());
        return await host.CallAsync<EnrollTotp, EnrolledTotp>(e =>
            e.ConfirmAsync(account, begun.Id, code, name, Origin, Cancelled)
        );
    }
}
