using System.Data.Common;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>
/// Stops a start, in every environment, where the host lacks what a recovery needs: half of it would take requests and mail
/// nothing. One message names all that is missing.
/// </summary>
internal sealed class CheckHost<TContext>(
    IServiceCollection services,
    IServiceScopeFactory scopes,
    IOptions<OriginOptions> origin,
    IOptionsMonitor<CookieAuthenticationOptions> cookies
) : IHostedLifecycleService
    where TContext : DbContext
{
    private static readonly Type[] Ports = [typeof(IRecoveryMailer), typeof(IRecoveryLinks)];

    private static readonly Func<IServiceProvider, object> Missing = _ =>
        throw new InvalidOperationException("Account recovery lacks a port, as its start would have told.");

    /// <summary>Stands in for a port that only a host can supply, until it does.</summary>
    public static void AddPorts(IServiceCollection services)
    {
        foreach (var port in Ports)
        {
            services.TryAdd(new ServiceDescriptor(port, Missing, ServiceLifetime.Singleton));
        }
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        List<string> problems =
        [
            .. MissingPorts(),
            .. SettingsProblems(),
            .. CookieProblems(),
            .. await MissingTablesAsync(cancellationToken),
        ];
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(
                "Account recovery cannot start:"
                    + string.Concat(problems.Select(problem => Environment.NewLine + "  - " + problem))
            );
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<string> MissingPorts() =>
        Ports
            .Where(port =>
                services.Last(s => s.ServiceType == port && !s.IsKeyedService).ImplementationFactory == Missing
            )
            .Select(port =>
                port == typeof(IRecoveryLinks)
                    ? $"no {port.Name} is registered, which says where the pages are: AddRecoveryPages() of IdP.UI brings both."
                    : $"no {port.Name} is registered, which hands a mail to your mail server: services.AddSingleton<{port.Name}, …>()."
            );

    private IEnumerable<string> SettingsProblems()
    {
        try
        {
            _ = origin.Value;
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
    }

    private IEnumerable<string> CookieProblems()
    {
        if (
            services.Last(s => s.ServiceType == typeof(IAccountSessions)).ImplementationType
                is { IsGenericType: true } sessions
            && sessions.GetGenericTypeDefinition() == typeof(CookieSessions<,>)
            && cookies.Get(IdentityConstants.ApplicationScheme).EventsType is { } type
        )
        {
            yield return $"the cookie {IdentityConstants.ApplicationScheme} has events of the type {type.Name}, beside which "
                + $"sessions cannot be ended: register an {nameof(IAccountSessions)} that ends them.";
        }
    }

    private async Task<IEnumerable<string>> MissingTablesAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<TContext>();
        if (context.Model.FindEntityType(typeof(OutboxEntry)) is null)
        {
            return
            [
                $"{typeof(TContext).Name} has none of the plugin's tables: call builder.UseAccountRecovery(this) in its "
                    + "OnModelCreating, after base.OnModelCreating.",
            ];
        }

        var sql = context.GetService<ISqlGenerationHelper>();
        var tables = context
            .Model.GetEntityTypes()
            .Where(t => t.ClrType.Assembly == typeof(OutboxEntry).Assembly && t.GetTableName() is not null)
            .Select(t => (Name: t.GetTableName()!, Sql: sql.DelimitIdentifier(t.GetTableName()!, t.GetSchema())))
            .Distinct()
            .ToList();
        await context.Database.OpenConnectionAsync(cancellationToken);
        if (await AllAreThereAsync(context, tables.Select(t => t.Sql), cancellationToken))
        {
            return [];
        }

        var missing = new List<string>();
        foreach (var (name, identifier) in tables)
        {
            if (!await AllAreThereAsync(context, [identifier], cancellationToken))
            {
                missing.Add(name);
            }
        }

        return missing.Count == 0
            ? []
            :
            [
                $"the database lacks {string.Join(", ", missing)}: add a migration (dotnet ef migrations add "
                    + "AccountRecovery) and bring the database up to date (dotnet ef database update).",
            ];
    }

    private static async Task<bool> AllAreThereAsync(
        TContext context,
        IEnumerable<string> tables,
        CancellationToken cancellationToken
    )
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = string.Join(" UNION ALL ", tables.Select(t => $"SELECT 1 FROM {t} WHERE 1 = 0"));
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (DbException)
        {
            return false;
        }
    }
}
