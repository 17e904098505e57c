using System.Net;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>Every page of the console and each of its handlers: for every role, and on every kind of person.</summary>
public sealed class ConsolePermissionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_handler_of_the_console_stands_in_the_table()
    {
        await using var stage = await ConsoleStage.StartAsync("nobody");
        var pages = stage
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.TrimStart('/').Split('/')[0] == "admin")
            .ToLookup(e => e.RoutePattern.RawText!.TrimStart('/'), e => e.Metadata.GetMetadata<PageActionDescriptor>());
        var handlers = new List<string>();
        foreach (var page in pages)
        {
            // Hangfire's own, which has tests of its own.
            if (page.Key == "admin/jobs/{**path}")
            {
                continue;
            }

            Assert.All(page, p => Assert.NotNull(p));
            var loaded = await stage
                .Services.GetRequiredService<PageLoader>()
                .LoadAsync(page.First()!, EndpointMetadataCollection.Empty);
            handlers.AddRange(
                loaded.HandlerMethods.Select(h => $"{h.HttpMethod.ToUpperInvariant()} {page.Key} {h.Name}".TrimEnd())
            );
        }

        Assert.Equal(
            handlers.Order(StringComparer.Ordinal),
            ConsoleRow
                .All.Select(r => $"{r.Method} {$"admin/{r.Route}".TrimEnd('/')} {r.Handler}".TrimEnd())
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("ordinary")]
    [InlineData(ConsoleRoles.HelpDesk)]
    [InlineData(ConsoleRoles.Auditor)]
    [InlineData(ConsoleRoles.Administrator)]
    public async Task Every_handler_answers_as_the_table_says_and_changes_nothing_where_it_refuses(string who)
    {
        await using var stage = await ConsoleStage.StartAsync(who);
        var token = await stage.FormTokenAsync();
        var wrong = new List<string>();
        foreach (var row in ConsoleRow.All)
        {
            foreach (var target in row.On)
            {
                var (id, email, had) = await stage.ArrangeAsync(row, target);
                var path = Fill(row.Path, id, email, had);
                var form = row
                    .Form.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(f => Fill(f, id, email, had))
                    .Distinct()
                    .Select(f => f.Split('='))
                    .Where(f => f[0].Length > 0)
                    .Select(f => KeyValuePair.Create(f[0], f[1]))
                    .Append(new("__RequestVerificationToken", token));

                var before = await stage.ReadAsync();
                using var request = new HttpRequestMessage(
                    new(row.Method),
                    new Uri("/admin/" + path, UriKind.Relative)
                );
                request.Content = row.Sends ? new FormUrlEncodedContent(form) : null;
                using var answer = await stage.Browser.Client.SendAsync(request, Cancelled);
                var changed = await stage.ReadAsync() != before;

                var said =
                    answer.Headers.Location?.ToString() is { } to && to.Contains("/login", StringComparison.Ordinal)
                        ? "sign in"
                    : answer.StatusCode == HttpStatusCode.Forbidden ? "forbidden"
                    : "answered";
                var role = who is "nobody" or "ordinary" ? null : who;
                var expected =
                    role is null ? "sign in"
                    : row.Opens(role) ? "answered"
                    : "forbidden";
                var done = row.Changes && row.May(role, target);
                if (said != expected || changed != done || (int)answer.StatusCode >= 500)
                {
                    wrong.Add(
                        $"{row}, on {target}: {said} ({(int)answer.StatusCode}), not {expected}; {(changed ? "a" : "no")} change"
                    );
                }
                else if (row.May(role, target) && !IsDone(row, answer))
                {
                    wrong.Add($"{row}, on {target}: {(int)answer.StatusCode}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // The console's first page leads those on who have no figures to see.
    private static bool IsDone(ConsoleRow row, HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.OK
        || (row.Sends && answer.StatusCode == HttpStatusCode.SeeOther)
        || (row.Route.Length == 0 && answer.Headers.Location?.ToString() == "/admin/users");

    private static string Fill(string text, string id, string email, string had) =>
        text.Replace("ID", id, StringComparison.Ordinal)
            .Replace("EMAIL", Uri.EscapeDataString(email), StringComparison.Ordinal)
            .Replace("HAD", had, StringComparison.Ordinal);
}
