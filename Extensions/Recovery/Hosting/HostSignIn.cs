using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdP.Recovery;

/// <summary>Who signs people in: the slice <c>SignIn/</c>, or the host by pages of its own.</summary>
public sealed class HostSignIn
{
    internal HostSignIn(bool isOfHost) => IsOfHost = isOfHost;

    /// <summary>
    /// Whether the host does, which it does unless it supplies <see cref="ISignedInSessions"/>. Then there is one portal
    /// for everybody, and a key of Identity's own stays where the host looks for it.
    /// </summary>
    public bool IsOfHost { get; }

    internal static void Add(IServiceCollection services)
    {
        services.TryAddScoped<ISignedInSessions, NoSignedInSessions>();

        // Asked once everything is registered, in whichever order.
        services.AddSingleton(_ => new HostSignIn(
            services.Last(s => s.ServiceType == typeof(ISignedInSessions)).ImplementationType
                == typeof(NoSignedInSessions)
        ));
    }

    private sealed class NoSignedInSessions : ISignedInSessions
    {
        public Task StartAsync(
            HttpContext http,
            RecoverableAccount account,
            IReadOnlyList<string> methods,
            CancellationToken cancellationToken
        ) => throw OfHost();

        public Task KeepAsync(string accountId, string sessionId, CancellationToken cancellationToken) =>
            throw OfHost();

        public Task<DateTimeOffset?> ProvedAtAsync(
            string accountId,
            string sessionId,
            CancellationToken cancellationToken
        ) => throw OfHost();

        public Task ProvedAsync(HttpContext http, IReadOnlyList<string> methods, CancellationToken cancellationToken) =>
            throw OfHost();

        private static NotSupportedException OfHost() =>
            new($"The host signs people in by itself; with {nameof(ISignedInSessions)} this plugin does.");
    }
}
