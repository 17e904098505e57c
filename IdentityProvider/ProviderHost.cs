using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdentityProvider.Passwords;
using IdentityProvider.Sessions;
using IdP.Recovery;

namespace IdentityProvider;

/// <summary>The composition root: which parts the host is made of, and in which order a request meets them.</summary>
internal static class ProviderHost
{
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var (services, configuration) = (builder.Services, builder.Configuration);

        services
            .AddOptions<OriginOptions>()
            .Bind(configuration)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddDatabase(configuration);
        services.AddPasswordHashing(configuration);
        services.AddSessions(configuration);
        services.AddAccountRecovery<Account, IdpDbContext>(
            configuration.GetSection("AccountRecovery")
        );
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        return app;
    }
}
