using IdentityProvider.Data;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>The settings of passkeys.</summary>
public sealed class PasskeyOptionsTests
{
    private static readonly Guid Model = Guid.Parse("d7f2a1c0-5b1e-4c57-9d7e-0a51c2f0b4a1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("MaxPasskeys", "0")]
    [InlineData("MaxPasskeys", "51")]
    [InlineData("Attestation", "7")]
    [InlineData("UserVerification", "7")]
    [InlineData("AllowedAuthenticators:0", "00000000-0000-0000-0000-000000000000")]
    [InlineData("AttestationRoots", "/no/such/file.pem")]
    [InlineData("MetadataFile", "/no/such/blob.jwt")]
    [InlineData("MetadataRoots", "/no/such/file.pem")]
    [InlineData("AttestationRoots", "EMPTY")]
    [InlineData("MetadataSigner", "")]
    [InlineData("RelatedOrigins:0", "https://ada@login.example.org")]
    [InlineData("RelatedOrigins:0", "https://bücher.example.org")]
    [InlineData("CounterBack", "7")]
    [InlineData("RelatedOrigins:0", "http://login.example.org")]
    [InlineData("RelatedOrigins:0", "https://login.example.org/")]
    [InlineData("RelatedOrigins:0", "login.example.org")]
    public async Task A_setting_out_of_range_is_told(string name, string value)
    {
        var empty = Path.GetTempFileName();
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:1", Model.ToString()),
            ("AccountRecovery:Passkeys:" + name, value == "EMPTY" ? empty : value)
        );

        var told = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.InScopeAsync(p => Task.FromResult(p.GetRequiredService<IOptions<PasskeyOptions>>().Value))
        );
        Assert.Contains(name.Split(':')[0], told.Message, StringComparison.Ordinal);
        File.Delete(empty);
    }
}
