using System.Collections.Concurrent;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>A kind of endpoint that a host adds, which does as a test says.</summary>
internal sealed class ScriptedConnector(ScriptedService service) : IEndpointConnector
{
    public const string KindName = "scripted";

    public string Kind => KindName;

    public IReadOnlyList<EndpointField> Fields { get; } =
    [
        new("takesPassword", EndpointFieldType.Flag, Required: false, "false"),
        new("key", EndpointFieldType.Secret, Required: false),
    ];

    public CredentialChanges Changes => CredentialChanges.All;

    public bool TakesPassword(EndpointSettings settings) => settings.Has("takesPassword");

    public Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken)
    {
        service.Delivered.Enqueue(delivery);
        return service.Answer(delivery);
    }

    public Task<DeliveryOutcome?> TestAsync(EndpointSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult<DeliveryOutcome?>(new DeliveryOutcome.Applied());

    public Task<EndpointAgreement?> CompareAsync(
        EndpointSettings settings,
        EndpointAccount account,
        CancellationToken cancellationToken
    ) => Task.FromResult<EndpointAgreement?>(service.Agreement);
}

/// <summary>What the scripted endpoint is given, and what it answers.</summary>
internal sealed class ScriptedService
{
    public ConcurrentQueue<EndpointDelivery> Delivered { get; } = new();

    public Func<EndpointDelivery, Task<DeliveryOutcome>> Answer { get; set; } =
        _ => Task.FromResult<DeliveryOutcome>(new DeliveryOutcome.Applied());

    public EndpointAgreement? Agreement { get; set; }

    /// <summary>Answers so until told otherwise.</summary>
    public void Answers(DeliveryOutcome outcome) => Answer = _ => Task.FromResult(outcome);
}

/// <summary>Steps of tests with endpoints.</summary>
internal static class EndpointSteps
{
    public const string Loopback = "AccountRecovery:Endpoints:AllowedNetworks:0";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Lets a host have the scripted kind.</summary>
    public static Action<IServiceCollection> With(ScriptedService service) =>
        services =>
        {
            services.AddSingleton(service);
            services.AddEndpointConnector<ScriptedConnector>();
        };

    public static Task<ManagedEndpoint> TryCreateEndpointAsync(
        this RecoveryHost host,
        string name,
        string kind = ScriptedConnector.KindName,
        CredentialChanges follows = CredentialChanges.All,
        params (string Name, string Value)[] values
    ) =>
        host.CallAsync<ManageEndpoints, ManagedEndpoint>(m =>
            m.CreateAsync(
                Actor.CommandLine,
                kind,
                new EndpointWish(name, follows, values.ToDictionary(v => v.Name, v => v.Value)),
                Requester.None,
                Cancelled
            )
        );

    /// <summary>Makes an endpoint, and binds accounts.</summary>
    public static async Task<ServiceEndpoint> CreateEndpointAsync(
        this RecoveryHost host,
        IEnumerable<string> accountIds,
        string name = "Directory",
        string kind = ScriptedConnector.KindName,
        CredentialChanges follows = CredentialChanges.All,
        params (string Name, string Value)[] values
    )
    {
        var made = Assert.IsType<ManagedEndpoint.Done>(await host.TryCreateEndpointAsync(name, kind, follows, values));
        foreach (var id in accountIds)
        {
            Assert.IsType<ManagedEndpoint.Done>(await host.BindAsync(made.Endpoint.Id, id));
        }

        return made.Endpoint;
    }

    public static Task<ManagedEndpoint> BindAsync(
        this RecoveryHost host,
        Guid endpointId,
        string accountId,
        string? target = null
    ) =>
        host.CallAsync<BindEndpoint, ManagedEndpoint>(b =>
            b.AccountAsync(Actor.CommandLine, endpointId, accountId, target, Requester.None, Cancelled)
        );

    /// <summary>Resets a password by the mailed link; what follows is left to the jobs.</summary>
    public static async Task ResetAsync(
        this RecoveryHost host,
        string email = "ada@example.test",
        string password = RecoveryHost.BetterPassword
    ) =>
        Assert.IsType<CompletedPasswordReset.Done>(
            await host.CompleteAsync(await host.RequestTokenAsync(email), password)
        );

    /// <summary>The receipts, oldest first.</summary>
    public static async Task<IReadOnlyList<Receipt>> ReceiptsAsync(this RecoveryHost host) =>
        [.. (await host.RowsAsync<Receipt>()).OrderBy(r => r.CreatedAt).ThenBy(r => r.EndpointName)];

    public static async Task<Receipt> ReceiptAsync(this RecoveryHost host) => Assert.Single(await host.ReceiptsAsync());
}
