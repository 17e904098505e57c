using IdP.Recovery;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using Xunit;

namespace Tests.Support;

/// <summary>An authenticator app in somebody's hand.</summary>
internal sealed class Authenticator(string key)
{
    private readonly Totp totp = new(Base32Encoding.ToBytes(key.Replace(" ", "")));

    public string Key => key.Replace(" ", "");

    /// <summary>What it shows at a time.</summary>
    public string CodeAt(DateTimeOffset at) => totp.ComputeTotp(at.UtcDateTime);

    /// <summary>A code that is none of this app at that time or around it.</summary>
    public string WrongCodeAt(DateTimeOffset at)
    {
        var right = new[] { -60, -30, 0, 30, 60 }.Select(s => CodeAt(at.AddSeconds(s))).ToHashSet();
        return Enumerable.Range(0, 10).Select(i => $"{i}{i}{i}{i}{i}{i}").First(c => !right.Contains(c));
    }

    /// <summary>
    /// Enrolls one for an account, by the code of the step before: the one it shows now has not been used.
    /// </summary>
    public static async Task<Authenticator> EnrollAsync(IServiceProvider services, string accountId, DateTimeOffset now)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var account = (await services.GetRequiredService<IAccounts>().FindAsync(accountId, cancelled))!;
        var enroll = services.GetRequiredService<EnrollTotp>();
        var begun = (await enroll.BeginAsync(account, cancelled))!;
        var authenticator = new Authenticator(begun.Key);
        var end = await enroll.ConfirmAsync(
            account,
            begun.Id,
            authenticator.CodeAt(now.AddSeconds(-30)),
            "Phone",
            Requester.None,
            cancelled
        );
        Assert.IsType<EnrolledTotp.Done>(end);
        return authenticator;
    }

    /// <summary>Makes recovery codes for an account that has a factor.</summary>
    public static async Task<IReadOnlyList<string>> CreateCodesAsync(IServiceProvider services, string accountId)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var account = (await services.GetRequiredService<IAccounts>().FindAsync(accountId, cancelled))!;
        var codes = await services
            .GetRequiredService<CreateRecoveryCodes>()
            .RunAsync(account, Requester.None, cancelled);
        Assert.Equal(CreateRecoveryCodes.Count, codes.Count);
        return codes;
    }
}
