using IdentityProvider.Data;
using IdentityProvider.SharedSignals;
using IdentityProvider.Tests.OpenId;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>Subjects are taken out of a stream and put back (requirement 12a; SSF 1.0, 8.1.3).</summary>
public sealed class SubjectTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_removed_subject_gets_no_events_and_an_added_one_does_however_it_is_named(
        DatabaseProvider provider
    )
    {
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync(events: [SignalTable.CredentialChange]);
        var others = await host.CreateAsync(clientId: SignalHost.Other);
        object[] names =
        [
            new
            {
                format = "iss_sub",
                iss = host.Idp.Issuer,
                sub = account.Id,
            },
            new { format = "email", email = "ADA@example.test" },
            new { format = "opaque", id = account.Id },
        ];
        for (var i = 0; i < names.Length; i++)
        {
            var (mine, theirs) = (await CountAsync(id), await CountAsync(others, SignalHost.Other));
            Assert.Equal(204, (await SendAsync(host, "remove", id, names[i])).Status);
            Assert.Equal(204, (await SendAsync(host, "remove", id, names[i])).Status);
            await ResetAsync(2 * i);
            Assert.Equal(mine, await CountAsync(id));
            Assert.True(theirs < await CountAsync(others, SignalHost.Other));

            // Put back under its other name.
            Assert.Equal(200, (await SendAsync(host, "add", id, names[(i + 1) % names.Length])).Status);
            await ResetAsync((2 * i) + 1);
            Assert.Equal(mine + 1, await CountAsync(id));
        }

        async Task<int> CountAsync(string streamId, string clientId = SignalHost.Receiver) =>
            (await host.PollAsync(streamId, clientId: clientId)).Sets.Count;

        async Task ResetAsync(int number)
        {
            host.Host.Time.Advance(TimeSpan.FromMinutes(16));
            await host.ResetPasswordAsync($"{ProviderFixture.BetterPassword} {number}");
            await host.Host.DrainAsync();
        }
    }

    [Fact]
    public async Task Threat_11_An_unknown_subject_is_answered_like_a_known_one()
    {
        await using var host = await SignalHost.StartAsync();
        await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        foreach (var (verb, status) in (IEnumerable<(string, int)>)[("remove", 204), ("add", 200)])
        {
            var known = await SendAsync(host, verb, id, new { format = "email", email = Ada });
            var unknown = await SendAsync(host, verb, id, new { format = "email", email = "nobody@example.test" });
            var foreign = await SendAsync(
                host,
                verb,
                id,
                new
                {
                    format = "iss_sub",
                    iss = "https://elsewhere.example.test",
                    sub = "1",
                }
            );
            foreach (var answer in (Answer[])[known, unknown, foreign])
            {
                Assert.Equal(status, answer.Status);
                Assert.Empty(answer.Text);
            }
        }
    }

    [Fact]
    public async Task An_account_made_after_its_address_was_removed_stays_out()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync(events: [SignalTable.CredentialChange]);
        await SendAsync(host, "remove", id, new { format = "email", email = Ada });
        await host.Host.CreateAccountAsync();

        await host.ResetPasswordAsync();

        Assert.Empty((await host.PollAsync(id)).Sets);
    }

    [Theory]
    [InlineData("""{"stream_id": """)]
    [InlineData("""{"stream_id":"#"}""")]
    [InlineData("""{"stream_id":"#","subject":"ada"}""")]
    [InlineData("""{"stream_id":"#","subject":{"format":"email"}}""")]
    [InlineData("""{"stream_id":"#","subject":{"format":"iss_sub","sub":"1"}}""")]
    [InlineData("""{"stream_id":"#","subject":{"format":"opaque","id":""}}""")]
    [InlineData("""{"stream_id":"#","subject":{"format":"did","url":"did:example:1"}}""")]
    [InlineData("""{"subject":{"format":"email","email":"ada@example.test"}}""")]
    public async Task A_broken_subject_is_refused(string body)
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        foreach (var verb in (string[])["add", "remove"])
        {
            var answer = await host.SendAsync(
                HttpMethod.Post,
                "/ssf/subjects/" + verb,
                body.Replace("#", id, StringComparison.Ordinal)
            );
            Assert.Equal(400, answer.Status);
        }
    }

    private static Task<Answer> SendAsync(SignalHost host, string verb, string streamId, object subject) =>
        host.SendAsync(HttpMethod.Post, "/ssf/subjects/" + verb, new { stream_id = streamId, subject });
}
