using System.Diagnostics;
using System.DirectoryServices.Protocols;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tests.Support;

/// <summary>A real OpenLDAP with its password policy, in a temporary folder, on free loopback ports.</summary>
internal sealed class DirectoryServer : IAsyncDisposable
{
    public const string Base = "dc=example,dc=test";
    public const string ServiceDn = "cn=idp," + Base;
    public const string ServicePassword = "the-password-of-the-service";

    /// <summary>The shortest password that its own policy takes.</summary>
    public const int MinimumLength = 20;

    private const int InvalidCredentials = 49;

    // Read by OpenLDAP's library when it is first used in a process, and never again.
    private static readonly Lazy<(X509Certificate2 Certificate, string File)> Trusted = new(() =>
    {
        var certificate = MakeCertificate();
        var file = Path.Combine(Directory.CreateTempSubdirectory("idp-ldap-").FullName, "trusted.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        if (SetEnvironment("LDAPTLS_CACERT\0"u8.ToArray(), Encoding.UTF8.GetBytes(file + '\0'), 1) != 0)
        {
            throw new InvalidOperationException("The environment could not be set.");
        }

        return (certificate, file);
    });

    private readonly Process process;
    private readonly string folder;

    private DirectoryServer(Process process, string folder, int port, int tlsPort)
    {
        this.process = process;
        this.folder = folder;
        StartTls = new(FormattableString.Invariant($"ldap://127.0.0.1:{port}"));
        Ldaps = new(FormattableString.Invariant($"ldaps://127.0.0.1:{tlsPort}"));
    }

    /// <summary>Where a connection begins in clear.</summary>
    public Uri StartTls { get; }

    /// <summary>Where it is encrypted from the first byte.</summary>
    public Uri Ldaps { get; }

    /// <summary>Lets this process trust the certificates of the servers that are to be trusted.</summary>
    public static void Trust() => _ = Trusted.Value;

    /// <summary>Starts a server.</summary>
    /// <param name="people">Names and passwords of people; one has the address <c>NAME@example.test</c>.</param>
    /// <param name="readOnly">Whether it takes no changes.</param>
    /// <param name="trusted">Whether its certificate is one that is trusted.</param>
    /// <param name="mayWrite">Whether the service account may.</param>
    /// <param name="samePerson">Whether everybody has the same address.</param>
    /// <param name="size">How large its database may become, in bytes.</param>
    public static async Task<DirectoryServer> StartAsync(
        IReadOnlyList<(string Name, string Password)> people,
        bool readOnly = false,
        bool trusted = true,
        bool mayWrite = true,
        bool samePerson = false,
        int size = 10_000_000
    )
    {
        Trust();
        var folder = Directory.CreateTempSubdirectory("idp-slapd-").FullName;
        var certificate = trusted ? Trusted.Value.Certificate : MakeCertificate();
        var (port, tlsPort) = (ProviderFixture.FreePort(), ProviderFixture.FreePort());
        var configuration = Path.Combine(folder, "slapd.conf");
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(folder, "certificate.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(
            Path.Combine(folder, "key.pem"),
            certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()
        );
        await File.WriteAllTextAsync(configuration, Configuration(folder, mayWrite, readOnly: false, size));
        var content = Path.Combine(folder, "content.ldif");
        await File.WriteAllTextAsync(content, Content(people, samePerson));
        using (var adding = Process.Start("/usr/sbin/slapadd", ["-f", configuration, "-l", content]))
        {
            await adding.WaitForExitAsync();
            if (adding.ExitCode != 0)
            {
                throw new InvalidOperationException("slapadd did not take the people.");
            }
        }

        await File.WriteAllTextAsync(configuration, Configuration(folder, mayWrite, readOnly, size));
        var process = Process.Start(
            "/usr/sbin/slapd",
            [
                "-d",
                "0",
                "-h",
                string.Create(CultureInfo.InvariantCulture, $"ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tlsPort}/"),
                "-f",
                configuration,
            ]
        );
        var server = new DirectoryServer(process, folder, port, tlsPort);
        while (!await AnswersAsync(port) || !await AnswersAsync(tlsPort))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException("slapd has ended.");
            }

            await Task.Delay(20);
        }

        return server;
    }

    public static string DnOf(string name) => $"uid={name},{Base}";

    /// <summary>Whether somebody gets in with a password.</summary>
    public bool Takes(string dn, string password)
    {
        using var connection = Connect();
        try
        {
            connection.Bind(new NetworkCredential(dn, password));
            return true;
        }
        catch (LdapException exception) when (exception.ErrorCode == InvalidCredentials)
        {
            return false;
        }
    }

    /// <summary>Opens or closes an account behind everybody's back.</summary>
    public void SetLocked(string name, bool locked)
    {
        using var connection = Connect();
        connection.Bind(new NetworkCredential(ServiceDn, ServicePassword));
        connection.SendRequest(
            locked
                ? new ModifyRequest(
                    DnOf(name),
                    DirectoryAttributeOperation.Replace,
                    "pwdAccountLockedTime",
                    "000001010000Z"
                )
                : new ModifyRequest(DnOf(name), DirectoryAttributeOperation.Replace, "pwdAccountLockedTime")
        );
    }

    /// <summary>Adds people until it has no room for another one.</summary>
    public void Fill()
    {
        using var connection = Connect();
        connection.Bind(new NetworkCredential(ServiceDn, ServicePassword));
        for (var i = 0; ; i++)
        {
            try
            {
                connection.SendRequest(
                    new AddRequest(
                        DnOf(FormattableString.Invariant($"more-{i}")),
                        new DirectoryAttribute("objectClass", "inetOrgPerson"),
                        new DirectoryAttribute("cn", "more"),
                        new DirectoryAttribute("sn", "more")
                    )
                );
            }
            catch (DirectoryOperationException exception) when (exception.Response.ResultCode == ResultCode.Other)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private LdapConnection Connect()
    {
        var connection = new LdapConnection(new LdapDirectoryIdentifier(Ldaps.Host, Ldaps.Port))
        {
            AuthType = AuthType.Basic,
        };
        connection.SessionOptions.ProtocolVersion = 3;
        connection.SessionOptions.SecureSocketLayer = true;
        return connection;
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Configuration(string folder, bool mayWrite, bool readOnly, int size) =>
        $"""
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/inetorgperson.schema
            modulepath /usr/lib/ldap
            moduleload back_mdb
            moduleload ppolicy
            TLSCertificateFile {folder}/certificate.pem
            TLSCertificateKeyFile {folder}/key.pem
            security simple_bind=128
            database mdb
            suffix {Base}
            rootdn cn=root,{Base}
            directory {folder}/data
            maxsize {size}
            {(readOnly ? "readonly on" : "")}
            overlay ppolicy
            ppolicy_default cn=policy,{Base}
            access to attrs=userPassword by dn.exact={ServiceDn} {(
                mayWrite ? "write" : "none"
            )} by anonymous auth by * none
            access to * by dn.exact={ServiceDn} {(mayWrite ? "write" : "read")} by * none
            """;

    private static string Content(IReadOnlyList<(string Name, string Password)> people, bool samePerson) =>
        string.Join(
            "\n\n",
            [
                $"""
                dn: {Base}
                objectClass: dcObject
                objectClass: organization
                dc: example
                o: Example

                dn: cn=policy,{Base}
                objectClass: device
                objectClass: pwdPolicy
                cn: policy
                pwdAttribute: userPassword
                pwdLockout: TRUE
                pwdCheckQuality: 2
                pwdMinLength: {MinimumLength}

                dn: {ServiceDn}
                objectClass: organizationalRole
                objectClass: simpleSecurityObject
                cn: idp
                userPassword: {ServicePassword}
                """,
                .. people.Select(p =>
                    $"""
                        dn: {DnOf(p.Name)}
                        objectClass: inetOrgPerson
                        uid: {p.Name}
                        cn: {p.Name}
                        sn: {p.Name}
                        mail: {(samePerson ? people[0].Name : p.Name)}@example.test
                        userPassword: {p.Password}
                        """
                ),
                "",
            ]
        );

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=directory", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        return X509CertificateLoader.LoadPkcs12(
            made.Export(X509ContentType.Pkcs12),
            null,
            X509KeyStorageFlags.Exportable
        );
    }

    // What .NET sets in its environment, a native library does not see.
    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(byte[] name, byte[] value, int overwrite);
}
