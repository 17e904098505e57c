using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdP.Recovery;

/// <summary>Stands in for the ports that only a host can supply, until it does.</summary>
internal static class MissingPorts
{
    private static readonly Type[] Ports = [typeof(IRecoveryMailer), typeof(IRecoveryLinks)];

    private static readonly Func<IServiceProvider, object> StandIn = _ =>
        throw new InvalidOperationException("Account recovery lacks a port, as its start would have told.");

    public static void Add(IServiceCollection services)
    {
        foreach (var port in Ports)
        {
            services.TryAdd(new ServiceDescriptor(port, StandIn, ServiceLifetime.Singleton));
        }
    }

    public static bool Lack(IServiceCollection services, Type port) =>
        services.LastOrDefault(s => s.ServiceType == port && !s.IsKeyedService) is not { } last
        || last.ImplementationFactory == StandIn;

    /// <summary>One sentence for each.</summary>
    public static IEnumerable<string> Problems(IServiceCollection services) =>
        Ports
            .Where(port => Lack(services, port))
            .Select(port =>
                port == typeof(IRecoveryLinks)
                    ? $"no {port.Name} is registered, which says where the pages are: AddRecoveryPages() of IdP.UI brings both."
                    : $"no {port.Name} is registered, which hands a mail to your mail server: AddRecoveryMailer() of IdP.UI, or services.AddSingleton<{port.Name}, …>()."
            );
}
