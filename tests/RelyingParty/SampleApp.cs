using System.Globalization;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace RelyingParty;

/// <summary>A small application that leaves signing in to an OpenID Connect provider.</summary>
internal static class SampleApp
{
    private const string DefaultUrl = "http://localhost:5090";
    private const string TwoFactors = "urn:idp:acr:mfa";
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (builder.Configuration["urls"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        AddServices(builder.Services, builder.Configuration);
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        MapPages(app);
        app.MapBackChannelLogout();
        return app;
    }

    private static void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<SampleOptions>()
            .Bind(configuration.GetSection("Provider"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddAntiforgery(o => o.Cookie.Name = "sample.antiforgery");
        services.AddAuthorization();
        services.AddHttpClient();
        services.AddSingleton<SampleSessions>();
        if (configuration["Provider:Sessions"] is { } shared)
        {
            services
                .AddDataProtection()
                .SetApplicationName("sample")
                .PersistKeysToFileSystem(Directory.CreateDirectory(Path.Combine(shared, "keys")));
        }

        services.AddSingleton<TokenRefresh>();
        services
            .AddAuthentication(o =>
            {
                o.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
                o.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
            })
            .AddCookie(o =>
            {
                o.Cookie.Name = "sample";
                o.Cookie.SameSite = SameSiteMode.Lax;
            })
            .AddOpenIdConnect();
        services
            .AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme)
            .Configure<SampleSessions>((o, sessions) => o.SessionStore = sessions);
        services
            .AddOptions<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme)
            .Configure<IOptions<SampleOptions>>((o, sample) => Configure(o, sample.Value));
    }

    private static void Configure(OpenIdConnectOptions options, SampleOptions sample)
    {
        options.Authority = sample.Authority.ToString();
        options.RequireHttpsMetadata = !sample.Authority.IsLoopback;
        options.ClientId = sample.ClientId;
        options.ClientSecret = sample.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.UsePkce = true;
        options.SaveTokens = true;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.TokenValidationParameters.NameClaimType = "name";

        // How the person has proved who they are; the handler would drop it.
        options.ClaimActions.Remove("acr");
        options.SignedOutRedirectUri = "/signed-out";
        options.Scope.Clear();
        foreach (var scope in $"openid {sample.Scopes}".Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            options.Scope.Add(scope);
        }

        // A form posted from another site carries only cookies with SameSite=None, which browsers keep over https
        // alone; the query works on a loopback address as well.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
        options.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.NonceCookie.SameSite = SameSiteMode.Lax;
        options.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.Events.OnRedirectToIdentityProvider = context =>
        {
            // The language in which this application speaks to the person.
            if (context.Properties.Items.TryGetValue("ui_locales", out var locales))
            {
                context.ProtocolMessage.UiLocales = locales;
            }

            if (context.Properties.Items.TryGetValue("acr_values", out var wanted))
            {
                context.ProtocolMessage.AcrValues = wanted;
            }

            return Task.CompletedTask;
        };
        options.Events.OnRemoteFailure = context =>
        {
            context.HandleResponse();
            context.Response.Redirect("/not-signed-in");
            return Task.CompletedTask;
        };
    }

    private static void MapPages(WebApplication app)
    {
        app.MapGet("/sample.css", () => Results.Text(SamplePages.Style, "text/css"));
        app.MapGet("/", HomeAsync);
        app.MapGet("/signed-out", () => Html(SamplePages.SignedOut()));
        app.MapGet("/not-signed-in", () => Html(SamplePages.NotSignedIn()));
        app.MapGet(
            "/sign-in",
            (string? language) =>
            {
                var properties = new AuthenticationProperties { RedirectUri = "/" };
                if (language is not null)
                {
                    properties.Items["ui_locales"] = language;
                }

                return Results.Challenge(properties);
            }
        );
        app.MapPost(
            "/sign-out",
            async (HttpContext http, IAntiforgery antiforgery) =>
            {
                await antiforgery.ValidateRequestAsync(http);
                return Results.SignOut(
                    new AuthenticationProperties { RedirectUri = "/signed-out" },
                    [CookieAuthenticationDefaults.AuthenticationScheme, OpenIdConnectDefaults.AuthenticationScheme]
                );
            }
        );
        app.MapGet(
            "/transfer",
            (HttpContext http, IAntiforgery antiforgery, TimeProvider time) =>
                http.User.Identity is not { IsAuthenticated: true } ? Results.Redirect("/")
                : HasProved(http.User, time) ? Html(SamplePages.Transfer(Field(antiforgery, http)))
                : Html(SamplePages.NotProved())
        );
        app.MapPost(
            "/transfer",
            async (HttpContext http, IAntiforgery antiforgery, TimeProvider time) =>
            {
                await antiforgery.ValidateRequestAsync(http);
                return HasProved(http.User, time) ? Html(SamplePages.Transferred()) : AskForFactor();
            }
        );
        app.MapPost(
            "/refresh",
            async (HttpContext http, IAntiforgery antiforgery, TokenRefresh refresh) =>
            {
                await antiforgery.ValidateRequestAsync(http);
                return await refresh.RunAsync(http)
                    ? Results.Redirect("/?refreshed")
                    : Results.Redirect("/not-signed-in");
            }
        );
    }

    // Something dangerous: the provider is asked for two factors, not older than five minutes (RFC 9470).
    private static IResult AskForFactor()
    {
        var properties = new OpenIdConnectChallengeProperties { RedirectUri = "/transfer", MaxAge = Fresh };
        properties.Items["acr_values"] = TwoFactors;
        return Results.Challenge(properties);
    }

    // Wishes are wishes: what was got stands in the token.
    private static bool HasProved(ClaimsPrincipal person, TimeProvider time) =>
        person.FindFirst("acr")?.Value is TwoFactors or "phr"
        && long.TryParse(person.FindFirst("auth_time")?.Value, CultureInfo.InvariantCulture, out var at)
        && DateTimeOffset.FromUnixTimeSeconds(at) > time.GetUtcNow() - Fresh;

    private static string Field(IAntiforgery antiforgery, HttpContext http)
    {
        var tokens = antiforgery.GetAndStoreTokens(http);
        return $"<input type=\"hidden\" name=\"{tokens.FormFieldName}\" value=\"{WebUtility.HtmlEncode(tokens.RequestToken)}\">";
    }

    private static async Task<IResult> HomeAsync(HttpContext http, IAntiforgery antiforgery)
    {
        var ticket = await http.AuthenticateAsync();
        if (!ticket.Succeeded)
        {
            return Html(SamplePages.Welcome());
        }

        return Html(
            SamplePages.Home(
                ticket.Principal,
                ticket.Properties,
                Field(antiforgery, http),
                http.Request.Query.ContainsKey("refreshed")
            )
        );
    }

    private static IResult Html(string page) => Results.Text(page, "text/html; charset=utf-8");
}
