using IdP.Recovery.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Tests.Pages;

/// <summary>Breaks the connection off once the first of many is suspended.</summary>
internal sealed class HangsUpAtTheFirst : SaveChangesInterceptor, IStartupFilter
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpContext? acting;

    public Task Ended => ended.Task;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(
                async (http, following) =>
                {
                    if (!HttpMethods.IsPost(http.Request.Method) || http.Request.Path != "/admin/users/suspend")
                    {
                        await following(http);
                        return;
                    }

                    acting = http;
                    try
                    {
                        await following(http);
                    }
                    finally
                    {
                        ended.SetResult();
                    }
                }
            );
            next(app);
        };

    public override ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData,
        int result,
        CancellationToken cancellationToken = default
    )
    {
        if (
            acting is { } http
            && eventData
                .Context!.ChangeTracker.Entries<AuditEvent>()
                .Any(e => e.Entity.Type == AuditEventTypes.AccountSuspended)
        )
        {
            http.Abort();
        }

        return base.SavedChangesAsync(eventData, result, cancellationToken);
    }
}
