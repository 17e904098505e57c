using System.Reflection;
using IdP.Recovery;
using Microsoft.Extensions.DependencyInjection;

namespace Tests.Support;

/// <summary>Accounts before each of whose look-ups a test does something, or lets it fail.</summary>
public class HookedAccounts : DispatchProxy
{
    private IAccounts inner = null!;
    private Func<string, Task> before = null!;

    /// <summary>Puts it before the accounts that are registered.</summary>
    /// <param name="before">What is done, given the id that is looked up.</param>
    public static void Register(IServiceCollection services, Func<string, Task> before)
    {
        var registered = services.Last(s => s.ServiceType == typeof(IAccounts));
        services.AddScoped(p =>
        {
            var accounts = Create<IAccounts, HookedAccounts>();
            var hooked = (HookedAccounts)(object)accounts;
            hooked.inner = (IAccounts)ActivatorUtilities.CreateInstance(p, registered.ImplementationType!);
            hooked.before = before;
            return accounts;
        });
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IAccounts.FindAsync)
            ? FindAsync((string)args![0]!, (CancellationToken)args[1]!)
            : targetMethod.Invoke(inner, args);

    private async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken)
    {
        await before(accountId);
        return await inner.FindAsync(accountId, cancellationToken);
    }
}
