using IdP.Recovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tests.Support;

namespace Recovery.Tests.Hosting;

/// <summary>A whole web host of others, with Identity's cookie and the plugin in it, on a free loopback port.</summary>
internal static class ForeignWebHost
{
    public static WebApplication Build<TContext>(
        TestDatabase database,
        string environment,
        string? origin,
        Action<IServiceCollection> add,
        Action<WebApplication>? map = null,
        params (string Name, string Value)[] settings
    )
        where TContext : DbContext
    {
        // Where none of our host's own settings lie.
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = Path.GetTempPath() }
        );
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Origin", origin)]);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))
        );
        builder.Services.AddDbContext<TContext>(o => o.UseSqlite(database.ConnectionString));
        builder.Services.AddIdentity<IdentityUser, IdentityRole>().AddEntityFrameworkStores<TContext>();
        builder.Services.ConfigureApplicationCookie(o =>
            o.Events.OnRedirectToLogin = redirect =>
            {
                redirect.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }
        );
        builder.Services.AddAuthorization();
        builder.Services.AddAccountRecovery<IdentityUser, TContext>(builder.Configuration);
        add(builder.Services);
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        map?.Invoke(app);
        return app;
    }

    /// <summary>A database with the template's tables and the plugin's.</summary>
    public static async Task<TestDatabase> MakeDatabaseAsync(CancellationToken cancellationToken)
    {
        var database = await TestDatabase.CreateEmptyAsync(IdentityProvider.Data.DatabaseProvider.Sqlite);
        await using var context = new TemplateContext(
            new DbContextOptionsBuilder<TemplateContext>().UseSqlite(database.ConnectionString).Options
        );
        await context.Database.EnsureCreatedAsync(cancellationToken);
        return database;
    }
}
