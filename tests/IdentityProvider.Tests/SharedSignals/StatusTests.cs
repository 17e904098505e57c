using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>A stream's status and its verification (requirement 12a; SSF 1.0, 8.1.2 and 8.1.4).</summary>
public sealed class StatusTests
{
    [Fact]
    public async Task The_status_is_read_and_changed_with_its_reason()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        Assert.Equal("enabled", (await ReadAsync()).Value("status"));

        foreach (var status in (string[])["paused", "disabled", "enabled"])
        {
            var changed = await host.SendAsync(
                HttpMethod.Post,
                SignalHost.Status,
                new
                {
                    stream_id = id,
                    status,
                    reason = "Because",
                }
            );
            Assert.Equal(200, changed.Status);
            Assert.Equal(status, changed.Value("status"));
            Assert.Equal("Because", changed.Value("reason"));
            Assert.Equal(id, changed.Value("stream_id"));
            Assert.Equal(changed.Text, (await ReadAsync()).Text);
        }

        Task<OpenId.Answer> ReadAsync() => host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Status, id));
    }

    [Theory]
    [InlineData("""{"stream_id":"#","status":"asleep"}""")]
    [InlineData("""{"stream_id":"#"}""")]
    [InlineData("""{"stream_id":"#","status":"paused","reason":"Because\nof this"}""")]
    [InlineData("""{"status":"paused"}""")]
    [InlineData("""{"stream_id": """)]
    public async Task A_broken_status_is_refused(string body)
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();

        var answer = await host.SendAsync(
            HttpMethod.Post,
            SignalHost.Status,
            body.Replace("#", id, StringComparison.Ordinal)
        );

        Assert.Equal(400, answer.Status);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_paused_stream_holds_its_events_and_sends_them_once_it_is_enabled(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync(provider);
        var pushed = await host.CreateAsync(receiver.Endpoint);
        var polled = await host.CreateAsync(clientId: SignalHost.Other);
        await SetAsync("paused");
        await VerifyAsync();
        await host.Host.DrainAsync();
        Assert.Empty(receiver.Pushes);
        Assert.Empty((await host.PollAsync(polled, clientId: SignalHost.Other)).Sets);

        await SetAsync("enabled");
        await host.Host.DrainAsync();

        Assert.Single(receiver.Pushes);
        Assert.Single((await host.PollAsync(polled, clientId: SignalHost.Other)).Sets);

        async Task SetAsync(string status)
        {
            await host.SetStatusAsync(pushed, status);
            await host.SendAsync(
                HttpMethod.Post,
                SignalHost.Status,
                new { stream_id = polled, status },
                SignalHost.Other
            );
        }

        async Task VerifyAsync()
        {
            Assert.Equal(204, (await host.VerifyAsync(pushed)).Status);
            Assert.Equal(
                204,
                (
                    await host.SendAsync(
                        HttpMethod.Post,
                        SignalHost.Verify,
                        new { stream_id = polled },
                        SignalHost.Other
                    )
                ).Status
            );
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_disabled_stream_drops_its_events_and_sends_again_once_it_is_enabled(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        await host.VerifyAsync(id, "before");
        await host.SetStatusAsync(id, "disabled");
        host.Host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(204, (await host.VerifyAsync(id, "meanwhile")).Status);
        await host.ResetPasswordAsync();
        await host.Host.DrainAsync();
        Assert.Empty((await host.PollAsync(id)).Sets);

        await host.SetStatusAsync(id, "enabled");
        host.Host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.VerifyAsync(id, "after");

        var set = Assert.Single((await host.PollAsync(id)).Sets);
        Assert.Equal("after", set.Content.GetProperty("state").GetString());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_verification_that_comes_too_soon_is_told_to_wait(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => host.VerifyAsync(id, $"s{i}")));
        var late = Assert.Single(answers, a => a.Status == 204);
        Assert.Empty(late.Text);
        Assert.All(
            answers.Where(a => a != late),
            a =>
            {
                Assert.Equal(429, a.Status);
                Assert.Equal("10", a.Response.Headers.RetryAfter!.ToString());
            }
        );
        Assert.Single((await host.PollAsync(id)).Sets);

        host.Host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(204, (await host.VerifyAsync(id)).Status);
    }

    [Theory]
    [InlineData("""{"stream_id": """)]
    [InlineData("""{"state":"s"}""")]
    [InlineData("""{"stream_id":"#","state":7}""")]
    public async Task A_broken_verification_is_refused(string body)
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();

        var answer = await host.SendAsync(
            HttpMethod.Post,
            SignalHost.Verify,
            body.Replace("#", id, StringComparison.Ordinal)
        );

        Assert.Equal(400, answer.Status);
    }
}
