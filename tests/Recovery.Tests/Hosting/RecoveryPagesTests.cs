using System.Globalization;
using System.Net;
using IdP.Recovery.Ports;
using IdP.UI;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Hosting;

/// <summary>The pages of a recovery in a host that has a sign-in of its own, and what of the host they leave alone.</summary>
public sealed class RecoveryPagesTests : IAsyncDisposable
{
    private readonly KeptLog log = new();
    private readonly HttpClient browser = new(new HttpClientHandler { AllowAutoRedirect = false });
    private TestDatabase? database;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/reset/user", 200)]
    [InlineData("/reset/sent", 200)]
    [InlineData("/reset/open?token=x", 303)]
    [InlineData("/reset/password", 410)]
    [InlineData("/reset/done", 200)]
    [InlineData("/unlock", 410)]
    [InlineData("/not-me", 410)]
    [InlineData("/supported-browsers", 200)]
    [InlineData("/branding.css", 200)]
    [InlineData("/enroll", 401)]
    [InlineData("/login", 404)]
    [InlineData("/login/administrator", 404)]
    [InlineData("/logout", 404)]
    [InlineData("/account", 404)]
    [InlineData("/account/security", 404)]
    [InlineData("/admin", 404)]
    [InlineData("/reset/administrator", 404)]
    [InlineData("/stop-reset", 404)]
    [InlineData("/object", 404)]
    [InlineData("/dev/gallery", 404)]
    [InlineData("/error/404", 404)]
    [InlineData("/.well-known/passkey-endpoints", 404)]
    public async Task There_are_the_pages_of_a_recovery_and_no_others(string path, int status)
    {
        await using var app = await StartAsync();

        using var answer = await GetAsync(app, path);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_page_leads_to_the_sign_in_of_the_host()
    {
        await using var app = await StartAsync();
        await using var other = await StartAsync(("RecoveryPages:SignInPath", "/enter"));

        Assert.Contains("href=\"/Account/Login\"", await TextAsync(app, "/reset/user"));
        Assert.Contains("href=\"/enter\"", await TextAsync(other, "/reset/user"));
        Assert.DoesNotContain("administrator", await TextAsync(app, "/reset/password"));
    }

    [Fact]
    public async Task The_hosts_own_pages_take_what_they_took_in_the_language_they_had()
    {
        await using var app = await StartAsync();

        using var doubled = await GetAsync(app, "/own?x=1&x=2&a[b]=3", "de");
        using var ours = await GetAsync(app, "/reset/user", "de");
        using var oursDoubled = await GetAsync(app, "/reset/user?x=1&x=2", "de");

        Assert.Equal("12", await doubled.Content.ReadAsStringAsync(Cancelled));
        Assert.Empty(doubled.Content.Headers.ContentLanguage);
        Assert.Equal(["de"], ours.Content.Headers.ContentLanguage);
        Assert.Equal(HttpStatusCode.BadRequest, oursDoubled.StatusCode);
    }

    [Fact]
    public async Task Where_everybody_must_be_signed_in_the_way_back_in_is_open_and_nothing_else()
    {
        await using var app = await StartAsync(services =>
            services
                .AddAuthorizationBuilder()
                .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
        );

        foreach (var path in new[] { "/reset/user", "/reset/password", "/not-me", "/unlock", "/branding.css" })
        {
            using var answer = await GetAsync(app, path);
            Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using var redirected = await GetAsync(app, "/Identity/Account/ForgotPassword");
        using var own = await GetAsync(app, "/own");
        Assert.Equal(HttpStatusCode.SeeOther, redirected.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, own.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Links_of_the_hosts_own_are_taken_whenever_it_says_so(bool before)
    {
        await using var app = await BuildAsync(
            _ => { },
            services =>
            {
                if (before)
                {
                    services.AddSingleton<IRecoveryLinks, PlainLinks>();
                    AddPages(services);
                }
                else
                {
                    AddPages(services);
                    services.AddSingleton<IRecoveryLinks, PlainLinks>();
                }
            }
        );

        Assert.IsType<PlainLinks>(app.Services.GetRequiredService<IRecoveryLinks>());
    }

    [Fact]
    public async Task A_host_calls_itself_what_it_is_called_unless_it_says_otherwise()
    {
        await using var app = await StartAsync();
        await using var other = await StartAsync(("Branding:Name", "Kittens & Co"));

        Assert.Contains("Recovery.Tests</title>", await TextAsync(app, "/reset/user"));
        Assert.Contains("Kittens &amp; Co</title>", await TextAsync(other, "/reset/user"));
    }

    [Fact]
    public async Task Mails_lead_to_pages_that_the_host_has()
    {
        await using var app = await StartAsync();
        await using var other = await StartAsync(("RecoveryPages:EnrollPath", "/my/factors"));

        var links = app.Services.GetRequiredService<IRecoveryLinks>();
        Assert.Equal("/enroll", links.EnrollFactor().AbsolutePath);
        Assert.Equal("/", links.Addresses().AbsolutePath);
        Assert.Equal("/", links.Services().AbsolutePath);
        Assert.Equal("/my/factors", other.Services.GetRequiredService<IRecoveryLinks>().EnrollFactor().AbsolutePath);
    }

    [Theory]
    [InlineData("GET", "/Identity/Account/ForgotPassword")]
    [InlineData("POST", "/Identity/Account/ForgotPassword")]
    [InlineData("GET", "/identity/account/resetpassword?code=abc")]
    [InlineData("POST", "/Identity/Account/ResetPassword")]
    public async Task What_Identity_brings_for_a_forgotten_password_leads_to_the_reset(string verb, string path)
    {
        await using var app = await StartAsync();

        using var request = new HttpRequestMessage(new(verb), app.Urls.First() + path);
        using var answer = await browser.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/reset/user", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Other_ways_to_a_new_password_are_told_of_unless_they_lead_to_the_reset()
    {
        await using var app = await StartAsync();
        Assert.Contains("/api/forgotPassword leads to a new password", Told());
        await using var other = await StartAsync(("RecoveryPages:Replaces:0", "/api/forgotPassword"));

        // Identity's own go on leading there.
        foreach (var path in (string[])["/api/forgotPassword", "/Identity/Account/ForgotPassword"])
        {
            using var answer = await GetAsync(other, path);
            Assert.Equal("/reset/user", answer.Headers.Location?.OriginalString);
        }

        Assert.Equal(1, Told().Split("leads to a new password").Length - 1);
    }

    [Fact]
    public async Task Pages_that_are_registered_and_not_mapped_stop_a_start()
    {
        await using var app = await BuildAsync(_ => { });

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("app.MapRecoveryPages()", failure.Message);
    }

    [Fact]
    public async Task The_whole_portal_starts_in_no_host_that_lacks_what_its_pages_need()
    {
        await using var app = await BuildAsync(
            app => app.MapRecoveryPages(),
            services =>
            {
                AddPages(services);
                services.AddIdpUI(new ConfigurationBuilder().Build());
            }
        );

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancelled));

        Assert.Contains("ISignedInSessions, IAccountProfiles, ISessionList, IGrantList", failure.Message);
    }

    [Theory]
    [InlineData("SignInPath", "https://elsewhere.example.test/")]
    [InlineData("SignInPath", "//elsewhere.example.test/")]
    [InlineData("EnrollPath", "enroll")]
    [InlineData("Replaces:0", "ForgotPassword")]
    public async Task A_path_that_is_none_of_this_host_stops_a_start(string name, string value)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(("RecoveryPages:" + name, value)));

        Assert.Contains("RecoveryPages:" + name.Split(':')[0], failure.Message);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        log.Dispose();
        if (database is not null)
        {
            await database.DisposeAsync();
        }
    }

    private string Told() => string.Join(Environment.NewLine, log.Lines);

    private async Task<string> TextAsync(WebApplication app, string path)
    {
        using var answer = await GetAsync(app, path);
        return await answer.Content.ReadAsStringAsync(Cancelled);
    }

    private async Task<HttpResponseMessage> GetAsync(WebApplication app, string path, string language = "en")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.First() + path);
        request.Headers.AcceptLanguage.ParseAdd(language);
        return await browser.SendAsync(request, Cancelled);
    }

    private void AddPages(IServiceCollection services, params (string Name, string Value)[] settings)
    {
        services.AddRecoveryPages(
            new ConfigurationBuilder()
                .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)))
                .Build()
        );
        services.AddRecoveryMailer((_, _) => Task.CompletedTask);
        services.AddSingleton<IRecoveryJobs, QueuedJobs>();
        services.AddSingleton<ILoggerProvider>(log);
    }

    private Task<WebApplication> StartAsync(params (string Name, string Value)[] settings) =>
        StartAsync(_ => { }, settings);

    private async Task<WebApplication> StartAsync(
        Action<IServiceCollection> add,
        params (string Name, string Value)[] settings
    )
    {
        var app = await BuildAsync(
            app =>
            {
                app.MapGet(
                    "/own",
                    (HttpRequest request) =>
                        string.Concat(request.Query["x"].ToArray())
                        + (CultureInfo.CurrentUICulture.Name.StartsWith("de", StringComparison.Ordinal) ? " de" : "")
                );
                app.MapPost("/api/forgotPassword", () => Results.Ok());
                app.MapRecoveryPages();
            },
            services =>
            {
                AddPages(services, settings);
                add(services);
            }
        );
        await app.StartAsync(Cancelled);
        return app;
    }

    private async Task<WebApplication> BuildAsync(
        Action<IEndpointRouteBuilder> map,
        Action<IServiceCollection>? add = null
    )
    {
        database ??= await ForeignWebHost.MakeDatabaseAsync(Cancelled);
        return ForeignWebHost.Build<TemplateContext>(
            database,
            "Production",
            "https://app.example.test",
            add ?? (services => AddPages(services)),
            map
        );
    }
}
