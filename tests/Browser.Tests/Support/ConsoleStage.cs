using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>A stage with an administrator who needs no second factor, and with a past that the console can show.</summary>
internal static class ConsoleStage
{
    public const string Root = "root@example.test";

    public static async Task<Stage> StartAsync(
        Chromium chromium,
        Action<IServiceCollection>? services = null,
        params (string Name, string Value)[] settings
    )
    {
        var stage = await Stage.StartAsync(
            chromium,
            services: services,
            settings: [("AccountRecovery:Mfa:RequiredFor", "Nobody"), .. settings]
        );
        var root = await stage.Provider.CreateAccountAsync(Root, administrator: true);
        await AddPastAsync(stage, root.Id);
        return stage;
    }

    /// <summary>An administrator who has signed in at the console's door.</summary>
    public static async Task<Person> EnterConsoleAsync(this Stage stage, BrowserNewContextOptions? options = null)
    {
        var root = await stage.EnterAsync(options);
        await root.GoAsync("/login/administrator");
        await root.Page.Locator("input[name=Email]").FillAsync(Root);
        await root.Page.Locator("input[name=Password]").FillAsync(ProviderFixture.GoodPassword);
        await root.Page.Keyboard.PressAsync("Enter");
        await root.Page.WaitForURLAsync(url =>
            new Uri(url).AbsolutePath.StartsWith("/admin", StringComparison.Ordinal)
        );
        return root;
    }

    public static async Task<string> RootIdAsync(this Stage stage) =>
        (
            await stage.Provider.InScopeAsync(p => p.GetRequiredService<UserManager<Account>>().FindByEmailAsync(Root))
        )!.Id;

    /// <summary>Somebody of the console who has one role.</summary>
    public static async Task<Account> CreateWithRoleAsync(this Stage stage, string email, string role)
    {
        var account = await stage.Provider.CreateAccountAsync(email);
        var changed = await stage.Provider.InScopeAsync(p =>
            p.GetRequiredService<ChangeRoles>()
                .RunAsync(
                    Actor.CommandLine,
                    account.Id,
                    [role],
                    "For a test",
                    Requester.None,
                    TestContext.Current.CancellationToken
                )
        );
        Assert.IsType<RolesChanged.Done>(changed);
        return account;
    }

    /// <summary>People without a password, who are quickly made: <c>person-01@example.test</c> and on.</summary>
    public static async Task<IReadOnlyList<Account>> CreateManyAsync(this Stage stage, int count)
    {
        var people = new List<Account>();
        for (var i = 1; i <= count; i++)
        {
            people.Add(await stage.Provider.CreateAccountAsync($"person-{i:00}@example.test", null));
        }

        return people;
    }

    // Work in every state, and events spread over two months.
    private static async Task AddPastAsync(Stage stage, string accountId)
    {
        var now = stage.Time.GetUtcNow();
        await using var context = stage.Provider.Database.OpenContext();
        context.AddRange(
            Work(accountId, "password-reset.send", now.AddHours(-30), 14, "SmtpCommandException", true),
            Work(accountId, "password-reset.send", now.AddHours(-29), 14, "SocketException", true),
            Work(accountId, "password-change.notice", now.AddHours(-28), 14, "SocketException", true),
            Work(accountId, "lockout.notice", now.AddMinutes(-50), 8, "TimeoutException", false),
            Work(accountId, "factor.notice", now.AddMinutes(-4), 3, "SocketException", false)
        );
        for (var day = 0; day < 60; day++)
        {
            var at = now.AddDays(-day);
            context.AddRange(
                Events(at, AuditEventTypes.ResetRequested, day % 5 + 1)
                    .Concat(Events(at, AuditEventTypes.ResetCompleted, day % 4))
                    .Concat(Events(at, AuditEventTypes.SignInFailed, day % 7, "password"))
                    .Concat(Events(at, AuditEventTypes.FactorRefused, day % 3, AuditReasons.Totp))
                    .Concat(Events(at, AuditEventTypes.LockedOut, day % 9 == 2 ? 2 : 0))
                    .Concat(Events(at, AuditEventTypes.FactorAdded, day % 6, AuditReasons.Passkey))
                    .Concat(Events(at, AuditEventTypes.FactorRemoved, day % 8 == 1 ? 1 : 0))
            );
        }

        await context.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private static OutboxEntry Work(
        string accountId,
        string kind,
        DateTimeOffset since,
        int attempts,
        string error,
        bool givenUp
    ) =>
        new()
        {
            Id = Guid.CreateVersion7(since),
            Kind = kind,
            Subject = accountId,
            CreatedAt = since,
            DueAt = since.AddHours(40),
            Attempts = attempts,
            LastError = error,
            GivenUpAt = givenUp ? since.AddHours(26) : null,
        };

    private static IEnumerable<AuditEvent> Events(DateTimeOffset at, string type, int count, string? reason = null) =>
        Enumerable
            .Range(0, count)
            .Select(i => new AuditEvent
            {
                Id = Guid.CreateVersion7(at.AddSeconds(i)),
                At = at.AddSeconds(i),
                Type = type,
                Reason = reason,
            });
}
