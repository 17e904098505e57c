using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Totp;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>The test vectors of RFC 6238, appendix B: eight digits, a key as long as the hash.</summary>
public sealed class Rfc6238Tests
{
    private const string Digits = "12345678901234567890123456789012";

    [Theory]
    [InlineData(59, 0x1, TotpAlgorithm.Sha1, "94287082")]
    [InlineData(59, 0x1, TotpAlgorithm.Sha256, "46119246")]
    [InlineData(1111111109, 0x23523EC, TotpAlgorithm.Sha1, "07081804")]
    [InlineData(1111111109, 0x23523EC, TotpAlgorithm.Sha256, "68084774")]
    [InlineData(1111111111, 0x23523ED, TotpAlgorithm.Sha1, "14050471")]
    [InlineData(1111111111, 0x23523ED, TotpAlgorithm.Sha256, "67062674")]
    [InlineData(1234567890, 0x273EF07, TotpAlgorithm.Sha1, "89005924")]
    [InlineData(1234567890, 0x273EF07, TotpAlgorithm.Sha256, "91819424")]
    [InlineData(2000000000, 0x3F940AA, TotpAlgorithm.Sha1, "69279037")]
    [InlineData(2000000000, 0x3F940AA, TotpAlgorithm.Sha256, "90698825")]
    [InlineData(20000000000, 0x27BC86AA, TotpAlgorithm.Sha1, "65353130")]
    [InlineData(20000000000, 0x27BC86AA, TotpAlgorithm.Sha256, "77737706")]
    public async Task Every_vector_is_the_code_of_its_step(
        long seconds,
        long step,
        TotpAlgorithm algorithm,
        string code
    )
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var found = await host.InScopeAsync(p =>
        {
            var key = Digits[..(algorithm == TotpAlgorithm.Sha1 ? 20 : 32)];
            var authenticator = new TotpAuthenticator
            {
                AccountId = "ada",
                Algorithm = algorithm,
                Digits = 8,
                ProtectedKey = p.GetRequiredService<Secrets>()
                    .ProtectKey(Base32Encoding.ToString(Encoding.ASCII.GetBytes(key))),
            };
            return Task.FromResult(
                p.GetRequiredService<TotpKeys>()
                    .StepOf(authenticator, code, DateTimeOffset.FromUnixTimeSeconds(seconds))
            );
        });

        Assert.Equal(step, found);
    }
}
