using System.Collections.Concurrent;
using IdentityProvider.Data;
using IdP.Recovery.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Operations;

/// <summary>Threat 18: what the host writes down holds ids, and neither a token nor an address.</summary>
public sealed class LogTests
{
    private const string Ada = "ada.with.a.rare.name@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_log_of_a_whole_reset_holds_no_token_no_address_and_no_password(
        DatabaseProvider provider
    )
    {
        using var log = new KeptLog();
        await using var host = await ProviderFixture.StartAsync(
            provider,
            services: s =>
            {
                s.Replace(ServiceDescriptor.Singleton<ILoggerFactory, LoggerFactory>());
                s.AddSingleton<ILoggerProvider>(log);
            }
        );
        await host.CreateAccountAsync(Ada);
        using var browser = host.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", Ada));
        await host.DrainAsync();
        var link = host.Mails.Last<RecoveryMail.PasswordResetLink>().Link;
        var form = await browser.OpenAsync(link.ToString());
        var done = await browser.SubmitAsync(form, ("Password", ProviderFixture.BetterPassword));
        Assert.Equal("Your password is changed", (await browser.FollowAsync(done)).Heading);
        await host.DrainAsync();
        var signIn = await browser.GetAsync("/login?login_hint=" + Uri.EscapeDataString(Ada));
        await browser.SubmitAsync(signIn, ("Email", Ada), ("Password", "not this one at all"));
        await browser.SubmitAsync(
            signIn,
            ("Email", Ada),
            ("Password", ProviderFixture.BetterPassword)
        );

        Assert.NotEmpty(log.Lines);
        string[] secrets =
        [
            "ada.with.a.rare.name",
            link.Token(),
            host.Mails.Last<RecoveryMail.PasswordChanged>().NotMeLink.Token(),
            ProviderFixture.BetterPassword,
            "not this one at all",
            .. browser.Cookies.GetAllCookies().Select(c => c.Value).Where(v => v.Length > 16),
        ];
        foreach (var line in log.Lines)
        {
            Assert.DoesNotContain(
                secrets,
                s => line.Contains(s, StringComparison.OrdinalIgnoreCase)
            );
        }
    }

    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose() { }
    }
}
