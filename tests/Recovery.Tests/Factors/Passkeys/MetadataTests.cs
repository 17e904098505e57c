using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>The file of the FIDO Metadata Service: who signed it, and what it says of authenticators.</summary>
public sealed class MetadataTests : IDisposable
{
    private const string Service = "mds.fidoalliance.org";

    private static readonly Guid Model = Guid.Parse("d7f2a1c0-5b1e-4c57-9d7e-0a51c2f0b4a1");
    private static readonly Guid OtherModel = Guid.Parse("0e3a9d55-8f0a-4a39-b1f5-6f7c5f3f9b02");
    private static readonly Guid Nothing = Guid.Parse("7d1f0b52-8f0a-4a39-b1f5-6f7c5f3f9b02");
    private static readonly string[] Unreadable = ["no certificate"];
    private static readonly Guid Unheard = Guid.Parse("5b0e4d5e-8f0a-4a39-b1f5-6f7c5f3f9b02");
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly X509Certificate2 root = NewRoot();
    private readonly X509Certificate2 maker = SoftAuthenticator.NewMaker(Model, Now);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_authenticator_that_it_vouches_for_is_added_under_its_name(DatabaseProvider provider)
    {
        await using var host = await StartAsync(await WriteAsync(), provider, allows: true);
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);

        using var held = new SoftAuthenticator { Aaguid = Model, Maker = maker };
        Assert.IsType<CreatedPasskey.Done>(await host.CreateAsync(ada, held));

        Assert.Equal("Key of Model One", Assert.Single(await host.PasskeysAsync(ada)).Authenticator);
    }

    [Fact]
    public async Task One_of_another_maker_is_not()
    {
        await using var host = await StartAsync(await WriteAsync());
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        using var forger = SoftAuthenticator.NewMaker(Model, Now);

        using var held = new SoftAuthenticator { Aaguid = Model, Maker = forger };

        Assert.IsType<CreatedPasskey.NotAllowed>(await host.CreateAsync(ada, held));
    }

    [Theory]
    [InlineData("REVOKED", false)]
    [InlineData("USER_KEY_REMOTE_COMPROMISE", false)]
    [InlineData("UPDATE_AVAILABLE", true)]
    [InlineData("A_WORD_OF_LATER_YEARS", true)]
    public async Task One_that_it_calls_compromised_is_not(string status, bool taken)
    {
        await using var host = await StartAsync(await WriteAsync(status: status));
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);

        using var held = new SoftAuthenticator { Aaguid = Model, Maker = maker };
        using var silent = new SoftAuthenticator { Aaguid = Model };

        Assert.Equal(taken, await host.CreateAsync(ada, held) is CreatedPasskey.Done);
        Assert.Equal(taken, await host.CreateAsync(ada, silent) is CreatedPasskey.Done);
    }

    [Fact]
    public async Task One_that_it_does_not_know_is_added_only_where_no_others_are_named()
    {
        var file = await WriteAsync();
        using var makers = SoftAuthenticator.NewMaker(Unheard, Now);
        using var held = new SoftAuthenticator { Aaguid = Unheard, Maker = makers };
        await using (var open = await StartAsync(file))
        {
            var ada = await open.FindAsync((await open.CreateAccountAsync()).Id);
            Assert.IsType<CreatedPasskey.Done>(await open.CreateAsync(ada, held));
        }

        await using var closed = await StartAsync(
            file,
            DatabaseProvider.Sqlite,
            allows: false,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:0", Unheard.ToString())
        );
        var eve = await closed.FindAsync((await closed.CreateAccountAsync()).Id);
        Assert.IsType<CreatedPasskey.NotAllowed>(await closed.CreateAsync(eve, held));
    }

    [Theory]
    [InlineData("another service", "mds.example.test")]
    [InlineData("another root", Service)]
    [InlineData("an old certificate", Service)]
    [InlineData("a changed entry", Service)]
    [InlineData("no certificate", Service)]
    [InlineData("no token", Service)]
    [InlineData("too large", Service)]
    public async Task One_that_is_not_rightly_signed_stops_the_start(string flaw, string name)
    {
        using var other = NewRoot();
        var file = await WriteAsync(
            name: name,
            signer: flaw == "another root" ? other : root,
            until: flaw == "an old certificate" ? Now.AddDays(-1) : Now.AddYears(1)
        );
        var text = await File.ReadAllTextAsync(file, Cancelled);
        await File.WriteAllTextAsync(
            file,
            flaw switch
            {
                "a changed entry" => Changed(text),
                "no certificate" => new JsonWebTokenHandler().CreateToken("{}"),
                "no token" => "none",
                _ => text,
            },
            Cancelled
        );
        if (flaw == "too large")
        {
            await using var large = new FileStream(file, FileMode.Open);
            large.SetLength((64 * 1024 * 1024) + 1);
        }

        await using var host = await StartAsync(file);

        var told = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.InScopeAsync(p => Task.FromResult(p.GetRequiredService<IOptions<PasskeyOptions>>().Value))
        );

        Assert.Contains("MetadataFile", told.Message, StringComparison.Ordinal);
        Assert.Contains(file, told.Message, StringComparison.Ordinal);
        Assert.Equal(flaw == "too large", told.Message.Contains("67108864", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        root.Dispose();
        maker.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static X509Certificate2 NewRoot()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Root", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return request.CreateSelfSigned(Now.AddYears(-10), Now.AddYears(10));
    }

    // The payload says that nothing was ever found out.
    private static string Changed(string token)
    {
        var parts = token.Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("FIDO_CERTIFIED", "NOT_FIDO_CERTIFIED");
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}";
    }

    private async Task<RecoveryHost> StartAsync(
        string file,
        DatabaseProvider provider = DatabaseProvider.Sqlite,
        bool allows = false,
        params (string Name, string Value)[] more
    )
    {
        var roots = Path.Combine(folder, "roots.pem");
        await File.WriteAllTextAsync(roots, root.ExportCertificatePem(), Cancelled);
        return await RecoveryHost.StartAsync(
            provider,
            [
                ("AccountRecovery:Passkeys:MetadataFile", file),
                ("AccountRecovery:Passkeys:MetadataRoots", roots),
                .. allows ? [("AccountRecovery:Passkeys:AllowedAuthenticators:0", Model.ToString())] : more,
            ]
        );
    }

    private async Task<string> WriteAsync(
        string status = "FIDO_CERTIFIED",
        string name = Service,
        X509Certificate2? signer = null,
        DateTimeOffset? until = null
    )
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            signer ?? root,
            Now.AddYears(-1),
            until ?? Now.AddYears(1),
            RandomNumberGenerator.GetBytes(8)
        );
        var payload = JsonSerializer.Serialize(
            new
            {
                no = 1,
                nextUpdate = "2040-01-01",
                entries = new object[]
                {
                    new { aaid = "1234#5678", statusReports = Array.Empty<object>() },
                    new { aaguid = Nothing },
                    new { aaguid = OtherModel, metadataStatement = new { attestationRootCertificates = Unreadable } },
                    new
                    {
                        aaguid = Model,
                        metadataStatement = new
                        {
                            description = "Key of Model One",
                            attestationRootCertificates = new[] { Convert.ToBase64String(maker.RawData) },
                        },
                        statusReports = new[] { new { status = "NOT_FIDO_CERTIFIED" }, new { status } },
                    },
                },
            }
        );
        var token = new JsonWebTokenHandler().CreateToken(
            payload,
            new SigningCredentials(new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256),
            new Dictionary<string, object> { ["x5c"] = new[] { Convert.ToBase64String(certificate.RawData) } }
        );
        var file = Path.Combine(folder, "blob.jwt");
        await File.WriteAllTextAsync(file, token, Cancelled);
        return file;
    }
}
