using IdentityProvider.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Playwright;
using RelyingParty;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>
/// The running provider and the sample application, each at a port of its own: the provider at <c>localhost</c>, the
/// application at <c>127.0.0.1</c>, so that a browser takes them for two sites.
/// </summary>
internal sealed class Stage : IScene, IAsyncDisposable
{
    private readonly Chromium chromium;
    private readonly WebApplication sample;
    private readonly List<WebApplication> furtherSamples = [];
    private readonly List<Person> people = [];
    private string[] sampleArguments = [];
    private string? sharedFolder;

    private Stage(
        Chromium chromium,
        ProviderFixture provider,
        WebApplication sample,
        Uri sampleOrigin,
        ShiftedTime time
    )
    {
        Time = time;
        this.chromium = chromium;
        this.sample = sample;
        Provider = provider;
        Sample = sampleOrigin;
    }

    public ProviderFixture Provider { get; }

    /// <summary>The provider's clock.</summary>
    public ShiftedTime Time { get; }

    /// <summary>Where the sample application is.</summary>
    public Uri Sample { get; }

    public static async Task<Stage> StartAsync(
        Chromium chromium,
        bool thirdParty = false,
        bool frontChannel = false,
        bool devMailbox = false,
        Action<IServiceCollection>? services = null,
        bool sharedSample = false,
        params (string Name, string Value)[] settings
    )
    {
        var time = new ShiftedTime();
        var provider = await ProviderFixture.StartAsync(
            settings: settings,
            services: parts =>
            {
                parts.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));
                services?.Invoke(parts);
            },
            realTime: true,
            ownMail: devMailbox,
            environment: devMailbox ? "Development" : "Testing"
        );
        try
        {
            var origin = new Uri($"http://127.0.0.1:{ProviderFixture.FreePort()}");
            var secrets = await provider.DeclareClientsAsync(Declare(origin, thirdParty, frontChannel), Device);
            var shared = sharedSample ? Directory.CreateTempSubdirectory("idp-sample-").FullName : null;
            string[] arguments =
            [
                $"--Provider:Authority={provider.Origin}",
                "--Provider:ClientId=journeys",
                $"--Provider:ClientSecret={secrets["journeys"]}",
                "--Logging:LogLevel:Default=Warning",
                .. shared is null ? (string[])[] : [$"--Provider:Sessions={shared}"],
            ];
            var sample = SampleApp.Build([$"--urls={origin}", .. arguments]);
            await sample.StartAsync(TestContext.Current.CancellationToken);
            var stage = new Stage(chromium, provider, sample, origin, time)
            {
                sampleArguments = arguments,
                sharedFolder = shared,
            };
            Journey.Keep(stage);
            return stage;
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <summary>An authenticator app that somebody has set up.</summary>
    public Task<Authenticator> EnrollTotpAsync(string accountId) =>
        Provider.InScopeAsync(p => Authenticator.EnrollAsync(p, accountId, Time.GetUtcNow()));

    /// <summary>What the app shows once the code of now is past.</summary>
    public string NextCode(Authenticator phone)
    {
        Time.Advance(TimeSpan.FromSeconds(30));
        return phone.CodeAt(Time.GetUtcNow());
    }

    /// <summary>Somebody with a browser profile of their own.</summary>
    public async Task<Person> EnterAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.Locale ??= "en-GB";
        options.BaseURL = Provider.Origin.ToString();
        var person = new Person(
            await chromium.Browser.NewContextAsync(options),
            options.Locale[..2],
            options.JavaScriptEnabled ?? true
        );
        people.Add(person);
        await person.BeginAsync();
        return person;
    }

    /// <summary>Another node of the sample application, which shares its sessions; a browser takes both for one site.</summary>
    public async Task<Uri> StartSampleAsync()
    {
        var origin = new Uri($"http://127.0.0.1:{ProviderFixture.FreePort()}");
        var further = SampleApp.Build([$"--urls={origin}", .. sampleArguments]);
        furtherSamples.Add(further);
        await further.StartAsync(TestContext.Current.CancellationToken);
        return origin;
    }

    /// <summary>Nothing yet: the journey ends it, once it is known whether that has failed.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public IReadOnlyList<Person> People => people;

    public async Task EndAsync()
    {
        foreach (var person in people)
        {
            await person.DisposeAsync();
        }

        foreach (var node in furtherSamples.Append(sample))
        {
            await node.StopAsync();
            await node.DisposeAsync();
        }

        if (sharedFolder is not null)
        {
            Directory.Delete(sharedFolder, recursive: true);
        }

        await Provider.DisposeAsync();
    }

    private static readonly ClientDeclaration Device = new()
    {
        ClientId = "television",
        Name = "Living room television",
        Type = ClientKind.Public,
        GrantTypes = ["device_code", "refresh_token"],
        Scopes = ["profile", "offline_access"],
    };

    private static ClientDeclaration Declare(Uri origin, bool thirdParty, bool frontChannel) =>
        new()
        {
            ClientId = "journeys",
            Name = "Sample application",
            ThirdParty = thirdParty,
            RedirectUris = [new Uri(origin, "/signin-oidc").ToString()],
            PostLogoutRedirectUris = [new Uri(origin, "/signout-callback-oidc").ToString()],
            BackChannelLogoutUri = new Uri(origin, "/backchannel-logout").ToString(),
            FrontChannelLogoutUri = frontChannel ? new Uri(origin, "/front-channel-logout").ToString() : null,
            GrantTypes = ["authorization_code", "refresh_token"],
            Scopes = ["profile", "email", "offline_access"],
        };
}
