using IdentityProvider.Accounts;
using IdentityProvider.Api;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.DataProtection;
using IdentityProvider.Development;
using IdentityProvider.Jobs;
using IdentityProvider.Mail;
using IdentityProvider.OpenId;
using IdentityProvider.Operations;
using IdentityProvider.Passwords;
using IdentityProvider.Sessions;
using IdentityProvider.SharedSignals;
using IdentityProvider.SigningKeys;
using IdP.Recovery;
using IdP.Recovery.Ldap;
using IdP.UI;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider;

/// <summary>The composition root: which parts the host is made of, and in which order a request meets them.</summary>
internal static class ProviderHost
{
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var (services, configuration) = (builder.Services, builder.Configuration);

        // Unless told otherwise, a host in Development listens where it says that it is.
        if (builder.Environment.IsDevelopment() && configuration["urls"] is null && configuration["Origin"] is { } own)
        {
            builder.WebHost.UseUrls(own);
        }

        // A host that runs from its build output finds the pages' assets in any environment, not just Development.
        builder.WebHost.UseStaticWebAssets();

        // Security: threat 18. These write whole addresses and requests, tokens and e-mail addresses among them.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.Logging.AddFilter("OpenIddict", LogLevel.Warning);

        services.AddDatabase(configuration, builder.Environment.ContentRootPath);
        services.AddOperations(configuration, builder.Environment);
        services.AddAccounts();
        services.AddPasswordHashing(configuration);
        services.AddSessions(configuration);
        services.AddAccountRecovery<Account, IdpDbContext>(configuration);
        services.AddRecoveryEndpointsOnLdap();
        services.AddSigningKeys(configuration);
        services.AddClients(configuration);
        services.AddOpenIdProvider(configuration);
        services.AddSharedSignals(configuration);
        services.AddManagementApi(configuration);
        services.AddJobs(configuration);
        services.AddMail(configuration, builder.Environment);
        services.AddIdpUI(configuration);
        services.AddSingleton(BoundSettings.Of(services));
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.UseOperations();
        app.Use(app.Services.GetRequiredService<DiscoveryCache>().InvokeAsync);
        app.UseBrowserApplications();
        app.Use(HttpManners.InvokeAsync);
        app.Use(KeptRequests.InvokeAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapOpenIdProvider();
        app.MapSharedSignals();
        app.MapManagementApi();
        app.MapIdpUI();
        app.MapGet("/", () => Results.Redirect("/account"));
        app.MapGet("/.well-known/change-password", () => Results.Redirect("/account/password"));
        app.MapJobsDashboard();
        app.MapHealth();
        app.MapDevelopmentMail();
        return app;
    }

    /// <summary>What must be there before the first request: tables, keys, clients, jobs.</summary>
    public static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var services = scope.ServiceProvider;
            if (services.GetRequiredService<IOptions<DatabaseOptions>>().Value.MigrateAtStart)
            {
                await services.GetRequiredService<IdpDbContext>().Database.MigrateAsync(cancellationToken);
            }

            app.Services.WarmUpKeyRing();
            await services.GetRequiredService<RotateSigningKeys>().RunAsync(cancellationToken);
            var options = services.GetRequiredService<IOptions<OpenIdOptions>>().Value;
            if (options.FindClientsFile(app.Environment.ContentRootPath) is { } file)
            {
                var declaration = await ClientsFile.LoadAsync(file, cancellationToken);
                await services.GetRequiredService<ApplyClients>().RunUnattendedAsync(declaration, cancellationToken);
            }
        }

        await app.Services.GetRequiredService<ProviderRefresh>().RunAsync(cancellationToken);
        await app.Services.GetRequiredService<DiscoveryCache>().FillAsync();
        await app.StartDevelopmentAsync(cancellationToken);
        await app.Services.StartJobsAsync(cancellationToken);
    }
}
