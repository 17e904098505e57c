using IdP.Recovery;
using IdP.Recovery.Ports;
using IdP.UI.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdP.UI;

/// <summary>Stops a start of portal and console without what only the host can supply: each page that needs it would fail.</summary>
internal sealed class CheckPortal(HostSignIn signIn, IServiceProviderIsService services) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var missing = new[] { typeof(IAccountProfiles), typeof(ISessionList), typeof(IGrantList) }
            .Where(port => !services.IsService(port))
            .Select(port => port.Name);
        if (signIn.IsOfHost)
        {
            missing = missing.Prepend(nameof(ISignedInSessions));
        }

        var names = string.Join(", ", missing);
        return names.Length == 0
            ? Task.CompletedTask
            : throw new InvalidOperationException(
                $"Portal and console cannot start: register {names}. AddRecoveryPages() brings the pages of a recovery alone."
            );
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
