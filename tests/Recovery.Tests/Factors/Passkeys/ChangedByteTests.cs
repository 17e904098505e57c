using System.Buffers.Text;
using System.Text.Json.Nodes;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>A ceremony as it was recorded, changed byte by byte: nothing of it can be another way.</summary>
public sealed class ChangedByteTests
{
    private static readonly Guid Model = Guid.Parse("d7f2a1c0-5b1e-4c57-9d7e-0a51c2f0b4a1");

    private static readonly string[] OfUse = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];

    private static readonly string[] OfCreation = ["clientDataJSON", "attestationObject"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_a_use_every_byte_counts(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (_, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        await host.InScopeAsync(async services =>
        {
            var ceremonies = services.GetRequiredService<PasskeyCeremonies>();
            var (options, asked) = ceremonies.DescribeUse(null);
            var answer = held.Use(options);
            Task<PasskeyUse?> CheckAsync(string json) => ceremonies.CheckUseAsync(asked, json, alone: true, Cancelled);

            Assert.NotNull(await CheckAsync(answer));
            var taken = new List<string>();
            foreach (var field in OfUse)
            {
                foreach (var (what, changed) in Changes(answer, "response", field))
                {
                    if (await CheckAsync(changed) is not null)
                    {
                        taken.Add(what);
                    }
                }
            }

            foreach (var (what, changed) in Changes(answer, "rawId"))
            {
                if (await CheckAsync(changed) is not null)
                {
                    taken.Add(what);
                }
            }

            Assert.Empty(taken);
        });
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_a_creation_that_is_vouched_for_every_byte_counts(DatabaseProvider provider)
    {
        var file = Path.GetTempFileName();
        using var maker = SoftAuthenticator.NewMaker(Model, new(2026, 3, 14, 9, 26, 53, TimeSpan.Zero));
        await File.WriteAllTextAsync(file, maker.ExportCertificatePem(), Cancelled);
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Passkeys:AllowedAuthenticators:0", Model.ToString()),
            ("AccountRecovery:Passkeys:AttestationRoots", file)
        );
        using var held = new SoftAuthenticator { Aaguid = Model, Maker = maker };
        var ada = await host.FindAsync((await host.CreateAccountAsync()).Id);
        await host.InScopeAsync(async services =>
        {
            var ceremonies = services.GetRequiredService<PasskeyCeremonies>();
            var attestations = services.GetRequiredService<PasskeyAttestations>();
            var (options, asked) = ceremonies.DescribeCreation(ada, new byte[PasskeyDetail.UserHandleLength], []);
            var answer = held.Create(options);
            async Task<bool> IsTakenAsync(string json) =>
                await ceremonies.CheckCreationAsync(asked, json, Cancelled) is { } made && attestations.Allow(made);

            Assert.True(await IsTakenAsync(answer));
            var taken = new List<string>();
            foreach (var field in OfCreation)
            {
                foreach (var (what, changed) in Changes(answer, "response", field))
                {
                    if (await IsTakenAsync(changed))
                    {
                        taken.Add(what);
                    }
                }
            }

            foreach (var (what, changed) in Changes(answer, "rawId"))
            {
                if (await IsTakenAsync(changed))
                {
                    taken.Add(what);
                }
            }

            // The first byte of the maker's own signature, which says 'sequence' and which the library passes over.
            Assert.StartsWith("attestationObject 32 ", Assert.Single(taken), StringComparison.Ordinal);
        });
        File.Delete(file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"text\"")]
    [InlineData("{\"rawId\":\"AA\",\"response\":null,\"type\":\"public-key\"}")]
    [InlineData("{\"rawId\":\"AA\",\"response\":{},\"type\":\"public-key\"}")]
    [InlineData("{\"rawId\":\"not base64url!\",\"response\":{},\"type\":\"public-key\"}")]
    [InlineData("{\"rawId\":\"AA\",\"response\":{\"userHandle\":\"\"},\"type\":\"password\"}")]
    public async Task What_is_no_answer_at_all_is_refused(string json)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var rooted = json.Replace("\"AA\"", $"\"{Base64Url.EncodeToString(held.CredentialId)}\"");

        foreach (var answer in new[] { json, rooted })
        {
            var use = await host.BeginUseAsync(ada);
            Assert.Null(await host.VerifyAsync(use.State, answer, ada));
            var create = await host.BeginCreateAsync(ada);
            Assert.IsType<CreatedPasskey.Refused>(await host.FinishCreateAsync(ada, create.State, answer));
        }

        Assert.Single(await host.PasskeysAsync(ada));
    }

    [Fact]
    public async Task An_answer_longer_than_16384_characters_is_not_read()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var first = await host.BeginUseAsync(ada);
        var longest = held.Use(first.OptionsJson).PadRight(16 * 1024);
        Assert.NotNull(await host.VerifyAsync(first.State, longest, ada));

        var second = await host.BeginUseAsync(ada);
        Assert.Null(await host.VerifyAsync(second.State, held.Use(second.OptionsJson).PadRight((16 * 1024) + 1), ada));
    }

    [Theory]
    [InlineData(0x99, 3_900)]
    [InlineData(0x81, 12_000)]
    [InlineData(0x9f, 12_000)]
    [InlineData(0xc1, 12_000)]
    public async Task What_is_nested_deeper_than_any_authenticator_nests_is_not_read(byte head, int times)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var deep = Nest(head, times);
        var create = await host.BeginCreateAsync(ada);
        using var another = new SoftAuthenticator();
        var attestation = With(another.Create(create.OptionsJson), ["response", "attestationObject"], _ => deep);
        var use = await host.BeginUseAsync(ada);
        var assertion = With(
            held.Use(use.OptionsJson),
            ["response", "authenticatorData"],
            data =>
            {
                // Extensions follow.
                data[32] |= 0x80;
                return [.. data, .. deep];
            }
        );
        await host.InScopeAsync(async services =>
        {
            var ceremonies = services.GetRequiredService<PasskeyCeremonies>();
            var (_, made) = ceremonies.DescribeCreation(ada, new byte[PasskeyDetail.UserHandleLength], []);

            // All of it happens before the first wait.
            var before = GC.GetAllocatedBytesForCurrentThread();
            var checking = ceremonies.CheckCreationAsync(made, attestation, Cancelled);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
            Assert.Null(await checking);
        });

        Assert.Null(await host.VerifyAsync(use.State, assertion, ada));
    }

    // Each level says that it holds all that is left, or one thing, or goes on without end.
    private static byte[] Nest(byte head, int times)
    {
        if (head != 0x99)
        {
            return [.. Enumerable.Repeat(head, times)];
        }

        var bytes = new byte[times * 3];
        for (var i = 0; i < times; i++)
        {
            var left = (times - i - 1) * 3;
            (bytes[i * 3], bytes[(i * 3) + 1], bytes[(i * 3) + 2]) = (head, (byte)(left >> 8), (byte)left);
        }

        return bytes;
    }

    private static IEnumerable<(string What, string Answer)> Changes(string answer, params string[] path)
    {
        var length = 0;
        With(
            answer,
            path,
            bytes =>
            {
                length = bytes.Length;
                return bytes;
            }
        );
        for (var i = 0; i < length; i++)
        {
            yield return (
                $"{path[^1]} {i} of {length}",
                With(
                    answer,
                    path,
                    bytes =>
                    {
                        bytes[i] ^= 1;
                        return bytes;
                    }
                )
            );
        }

        yield return ($"{path[^1]} with a byte more", With(answer, path, bytes => [.. bytes, 0]));
        yield return ($"{path[^1]} with a byte less", With(answer, path, bytes => bytes[..^1]));
    }

    private static string With(string answer, string[] path, Func<byte[], byte[]> change)
    {
        var json = JsonNode.Parse(answer)!;
        var holder = path[..^1].Aggregate(json, (node, name) => node[name]!);
        var bytes = Base64Url.DecodeFromChars((string)holder[path[^1]]!);
        holder[path[^1]] = Base64Url.EncodeToString(change(bytes));
        return json.ToJsonString();
    }
}
