using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Passkeys;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>The steps of a passkey as a page takes them.</summary>
internal static class PasskeyHost
{
    public static readonly Requester Origin = new("192.0.2.7", "Firefox on Linux");

    /// <summary>What the ceremonies are bound to.</summary>
    public const string Session = "session";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<PasskeyCeremony> BeginCreateAsync(this RecoveryHost host, RecoverableAccount account) =>
        host.CallAsync<CreatePasskey, PasskeyCeremony>(c => c.BeginAsync(account, Session, Cancelled));

    public static Task<CreatedPasskey> FinishCreateAsync(
        this RecoveryHost host,
        RecoverableAccount account,
        string? state,
        string? credential,
        string? name = "Laptop"
    ) =>
        host.CallAsync<CreatePasskey, CreatedPasskey>(c =>
            c.FinishAsync(account, Session, state, credential, name, Origin, Cancelled)
        );

    public static async Task<CreatedPasskey> CreateAsync(
        this RecoveryHost host,
        RecoverableAccount account,
        SoftAuthenticator authenticator,
        string? name = "Laptop"
    )
    {
        var ceremony = await host.BeginCreateAsync(account);
        return await host.FinishCreateAsync(account, ceremony.State, authenticator.Create(ceremony.OptionsJson), name);
    }

    /// <summary>An account with a passkey in an authenticator of its own.</summary>
    public static async Task<(RecoverableAccount, SoftAuthenticator)> EnrollAsync(
        this RecoveryHost host,
        string email = "ada@example.test",
        Action<SoftAuthenticator>? with = null
    )
    {
        var made = await host.CreateAccountAsync(email);
        var account = await host.FindAsync(made.Id);
        var authenticator = new SoftAuthenticator();
        with?.Invoke(authenticator);
        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(account, authenticator));
        return (account, authenticator);
    }

    public static Task<PasskeyCeremony> BeginUseAsync(this RecoveryHost host, RecoverableAccount? account) =>
        host.CallAsync<UsePasskey, PasskeyCeremony>(u => u.BeginAsync(account, Session, Cancelled));

    public static FactorProof.Passkey Proof(PasskeyCeremony ceremony, string? credential) =>
        new(ceremony.State, credential, Session);

    public static Task<UsedPasskey?> VerifyAsync(
        this RecoveryHost host,
        string? state,
        string? credential,
        RecoverableAccount? expected
    ) =>
        host.CallAsync<UsePasskey, UsedPasskey?>(u =>
            u.VerifyAsync(new(state, credential, Session), expected, Origin, Cancelled)
        );

    public static async Task<UsedPasskey?> UseAsync(
        this RecoveryHost host,
        SoftAuthenticator authenticator,
        RecoverableAccount? expected
    )
    {
        var ceremony = await host.BeginUseAsync(expected);
        return await host.VerifyAsync(ceremony.State, authenticator.Use(ceremony.OptionsJson), expected);
    }

    public static Task<IReadOnlyList<Passkey>> PasskeysAsync(this RecoveryHost host, RecoverableAccount account) =>
        host.CallAsync<ListPasskeys, IReadOnlyList<Passkey>>(l => l.RunAsync(account.Id, Cancelled));
}
