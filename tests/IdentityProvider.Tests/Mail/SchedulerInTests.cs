using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Tests.Support;

namespace IdentityProvider.Tests.Mail;

internal static class SchedulerInTests
{
    /// <summary>
    /// Leaves the outbox to the test: the scheduler could hold an entry that the test waits for.
    /// </summary>
    public static void WithoutScheduler(this IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<IRecoveryJobs>(new QueuedJobs()));
        foreach (var hosted in services.Where(IsHangfireServer).ToList())
        {
            services.Remove(hosted);
        }
    }

    private static bool IsHangfireServer(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService)
        && service.ImplementationFactory?.Method.DeclaringType?.FullName?.StartsWith(
            "Hangfire.",
            StringComparison.Ordinal
        ) == true;
}
