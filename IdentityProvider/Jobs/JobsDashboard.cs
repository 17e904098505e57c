using Hangfire;
using Hangfire.Dashboard;
using IdentityProvider.Api;
using IdentityProvider.Operations;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Authorization;

namespace IdentityProvider.Jobs;

/// <summary>Hangfire's own dashboard in the console, for administrators.</summary>
internal static class JobsDashboard
{
    public const string Path = "/admin/jobs";

    private const int MaxCommand = 100;

    // Hangfire's pages carry style attributes, and its charts write a style element; its scripts are files of its own.
    // Script stays as strict as everywhere, and style can send nothing away: it may load from this host only.
    private const string Policy =
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; script-src 'self'; form-action 'self'";

    public static void MapJobsDashboard(this IEndpointRouteBuilder endpoints)
    {
        var options = new DashboardOptions
        {
            AppPath = "/admin",
            DashboardTitle = "Jobs",
            DisplayStorageConnectionString = false,
            DefaultRecordsPerPage = 20,
            StatsPollingInterval = 10_000,
            // Security: threat 6. The endpoint's own policy decides first, and sends people to the sign-in.
            Authorization = [new AdministratorsOnly()],
        };

        // At the first request: it opens the scheduler's storage, and the settings must have been checked before.
        var dashboard = new Lazy<RequestDelegate>(() =>
            endpoints.CreateApplicationBuilder().UseHangfireDashboard(Path, options).Build()
        );
        endpoints
            .Map(
                Path + "/{**path}",
                async (HttpContext http) =>
                {
                    ContentSecurity.Replace(http, Policy);

                    // What Hangfire has no page for ends as not found, not as an endpoint that never ran.
                    http.SetEndpoint(null);
                    await dashboard.Value(http);
                    await AuditAsync(http);
                }
            )
            .RequireAuthorization(
                new AuthorizationPolicyBuilder().RequireRole(RecoverableAccount.AdministratorRole).Build()
            );
    }

    // Hangfire keeps its jobs in a storage of its own, so that this can be no part of its change. Its pages also post to
    // ask for figures.
    private static async Task AuditAsync(HttpContext http)
    {
        var command = http.Request.Path.Value![Path.Length..].Trim('/');
        if (
            !HttpMethods.IsPost(http.Request.Method)
            || http.Response.StatusCode >= StatusCodes.Status400BadRequest
            || command == "stats"
        )
        {
            return;
        }

        var actor = Actor.Of(http.User);
        var services = http.RequestServices;
        await services
            .GetRequiredService<UnitOfWork>()
            .RunAsync(
                _ =>
                {
                    services
                        .GetRequiredService<AuditLog>()
                        .Add(
                            AuditEventTypes.JobsChanged,
                            accountId: null,
                            UserActions.RequesterOf(http),
                            command[..Math.Min(command.Length, MaxCommand)],
                            actorId: actor.Id,
                            proof: actor.Proof
                        );
                    return Task.CompletedTask;
                },
                CancellationToken.None
            );
    }

    private sealed class AdministratorsOnly : IDashboardAuthorizationFilter
    {
        public bool Authorize(DashboardContext context) =>
            context.GetHttpContext().User.IsInRole(RecoverableAccount.AdministratorRole);
    }
}
