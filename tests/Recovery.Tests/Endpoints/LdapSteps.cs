using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ldap;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>Steps of tests with a directory.</summary>
internal static class LdapSteps
{
    public const string Ada = "ada@example.test";

    public static readonly string Dn = DirectoryServer.DnOf("ada");
    public static readonly (string, string)[] AdaThere = [("ada", RecoveryHost.GoodPassword)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Task<RecoveryHost> StartAsync(
        DatabaseProvider? provider = null,
        params (string Name, string Value)[] settings
    ) =>
        RecoveryHost.StartAsync(
            provider ?? TestDatabase.Usual,
            services => services.AddRecoveryEndpointsOnLdap(),
            [(EndpointSteps.Loopback, "127.0.0.0/8"), .. settings]
        );

    public static Task<ServiceEndpoint> CreateAsync(
        RecoveryHost host,
        string? accountId,
        Uri address,
        string password = DirectoryServer.ServicePassword,
        string name = "Directory"
    ) =>
        host.CreateEndpointAsync(
            accountId is null ? [] : [accountId],
            name,
            LdapConnector.KindName,
            values:
            [
                ("url", address.ToString()),
                ("bindDn", DirectoryServer.ServiceDn),
                ("bindPassword", password),
                ("baseDn", DirectoryServer.Base),
            ]
        );

    public static async Task SuspendAsync(RecoveryHost host, string accountId, bool suspends)
    {
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.CallAsync<SuspendAccount, SuspensionResult>(s =>
            suspends
                ? s.SuspendAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
                : s.ActivateAsync(Actor.CommandLine, accountId, null, Requester.None, Cancelled)
        );
        await host.DrainAsync();
    }
}
