using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Tests.Support;

/// <summary>
/// A real Apache with mod_auth_openidc, as an application that this project did not write: one page behind a sign-in, which
/// says who is there, in a temporary folder, on a loopback port. Sessions lie in files, and so outlive the process.
/// </summary>
internal sealed class ApacheServer : IAsyncDisposable
{
    public const string ClientId = "apache";

    private const string Modules = "/usr/lib/apache2/modules";

    private readonly string folder;
    private readonly int port;
    private Process? process;

    private ApacheServer(string folder, int port)
    {
        this.folder = folder;
        this.port = port;
        Origin = new(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"));
    }

    public Uri Origin { get; }

    /// <summary>The page behind the sign-in.</summary>
    public string Page => new Uri(Origin, "/secure/page.txt").ToString();

    /// <summary>Another, which refreshes its tokens at every request.</summary>
    public string Fresh => new Uri(Origin, "/secure/fresh.txt").ToString();

    /// <summary>Where it takes codes; with <c>?logout=</c> it signs out.</summary>
    public string RedirectUri => new Uri(Origin, "/secure/redirect_uri").ToString();

    /// <summary>Where it goes after a sign-out.</summary>
    public string SignedOut => new Uri(Origin, "/signed-out.txt").ToString();

    /// <summary>A server that does not run yet.</summary>
    public static ApacheServer Prepare()
    {
        var folder = Directory.CreateTempSubdirectory("idp-apache-").FullName;
        foreach (var name in (string[])["", "site", "site/secure", "cache", "run"])
        {
            OpenToAll(Directory.CreateDirectory(Path.Combine(folder, name)));
        }

        File.WriteAllText(Path.Combine(folder, "site/secure/page.txt"), "behind the sign-in");
        File.WriteAllText(Path.Combine(folder, "site/secure/fresh.txt"), "always fresh");
        File.WriteAllText(Path.Combine(folder, "site/signed-out.txt"), "signed out");
        return new(folder, ProviderFixture.FreePort());
    }

    /// <summary>Starts it, or starts it again.</summary>
    /// <param name="issuer">Whose applications it is.</param>
    public async Task StartAsync(string issuer, string secret)
    {
        var configuration = Path.Combine(folder, "apache.conf");
        await File.WriteAllTextAsync(configuration, Configuration(issuer, secret));
        process = Process.Start("/usr/sbin/apache2", ["-f", configuration, "-D", "FOREGROUND"]);
        while (!await AnswersAsync())
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException(
                    "Apache has ended: " + await File.ReadAllTextAsync(Path.Combine(folder, "run/error.log"))
                );
            }

            await Task.Delay(20);
        }
    }

    public string Log() => File.ReadAllText(Path.Combine(folder, "run/error.log"));

    public async Task StopAsync()
    {
        if (process is { HasExited: false } running)
        {
            using var stopping = Process.Start("/bin/kill", [running.Id.ToString(CultureInfo.InvariantCulture)]);
            await running.WaitForExitAsync();
        }

        process?.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    // Started as root, Apache works as somebody else.
    private static void OpenToAll(DirectoryInfo made)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Apache is Debian's here.");
        }

        made.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    }

    private string Configuration(string issuer, string secret) =>
        $"""
            ServerRoot {folder}
            ServerName localhost
            Listen 127.0.0.1:{port}
            PidFile run/apache.pid
            ErrorLog run/error.log
            Mutex file:run
            DocumentRoot {folder}/site
            LoadModule mpm_event_module {Modules}/mod_mpm_event.so
            LoadModule authn_core_module {Modules}/mod_authn_core.so
            LoadModule authz_core_module {Modules}/mod_authz_core.so
            LoadModule authz_user_module {Modules}/mod_authz_user.so
            LoadModule headers_module {Modules}/mod_headers.so
            LoadModule auth_openidc_module {Modules}/mod_auth_openidc.so
            StartServers 1
            ThreadsPerChild 25
            {(Environment.UserName == "root" ? "User www-data\nGroup www-data" : "")}
            OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
            OIDCClientID {ClientId}
            OIDCClientSecret {secret}
            OIDCRedirectURI {RedirectUri}
            OIDCCryptoPassphrase one-that-nobody-knows
            OIDCScope "openid profile email offline_access"
            OIDCPKCEMethod S256
            OIDCRemoteUserClaim email
            OIDCCacheType file
            OIDCCacheDir {folder}/cache
            OIDCRedirectURLsAllowed ^{Origin}
            <Location /secure>
              AuthType openid-connect
              Require valid-user
              Header always set X-Person "expr=%{"{REMOTE_USER}"}"
            </Location>
            <Location /secure/fresh.txt>
              OIDCRefreshAccessTokenBeforeExpiry 60 logout_on_error
            </Location>
            """;

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
