using IdentityProvider.Data;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>Delivery by poll (requirements 12a and 13; RFC 8936).</summary>
public sealed class PollTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_event_is_given_until_it_is_acknowledged(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync();
        await host.VerifyAsync(id, "the-state");

        var set = Assert.Single((await host.PollAsync(id)).Sets);
        var again = Assert.Single((await host.PollAsync(id)).Sets);
        var acknowledged = await host.PollAsync(id, new { maxEvents = 0, ack = new[] { set.Id, "unheard" } });

        Assert.Equal("the-state", set.Content.GetProperty("state").GetString());
        Assert.Equal(set.Id, again.Id);
        Assert.Empty(acknowledged.Sets);
        Assert.Empty((await host.PollAsync(id)).Sets);
        var ended = Assert.Single(await host.EventsAsync());
        Assert.NotNull(ended.EndedAt);
        Assert.Null(ended.Error);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Events_come_oldest_first_no_more_than_asked_and_say_that_more_wait(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(204, (await host.VerifyAsync(id, $"s{i}")).Status);
            host.Host.Time.Advance(TimeSpan.FromSeconds(10));
        }

        var (first, moreAfterFirst) = await host.PollAsync(id, new { maxEvents = 2 });
        var (rest, moreAfterRest) = await host.PollAsync(id, new { maxEvents = 2, ack = first.Select(s => s.Id) });

        Assert.Equal(["s0", "s1"], first.Select(State));
        Assert.True(moreAfterFirst);
        Assert.Equal(["s2"], rest.Select(State));
        Assert.False(moreAfterRest);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_event_that_the_receiver_cannot_take_is_kept_as_refused_and_not_given_again(
        DatabaseProvider provider
    )
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync();
        await host.VerifyAsync(id);
        var set = Assert.Single((await host.PollAsync(id)).Sets);

        await host.PollAsync(
            id,
            new
            {
                maxEvents = 0,
                setErrs = new Dictionary<string, object>
                {
                    [set.Id] = new { err = "jwtAud", description = "Not for us" },
                },
            }
        );

        Assert.Empty((await host.PollAsync(id)).Sets);
        var refused = Assert.Single(await host.EventsAsync());
        Assert.Equal("jwtAud", refused.Error);
        Assert.Equal("Not for us", refused.ErrorDescription);
    }

    [Fact]
    public async Task A_poll_that_may_wait_is_answered_when_an_event_comes_or_its_time_is_over()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        var waiting = host.SendAsync(HttpMethod.Post, $"/ssf/poll/{id}", "{}");
        await TickAsync(3);
        Assert.False(waiting.IsCompleted);
        await host.VerifyAsync(id, "at last");
        await UntilAsync(waiting);
        var (sets, _) = await host.ReadPollAsync(await waiting);
        Assert.Equal("at last", State(Assert.Single(sets)));

        await host.PollAsync(id, new { maxEvents = 0, ack = new[] { sets[0].Id } });
        var inVain = host.SendAsync(HttpMethod.Post, $"/ssf/poll/{id}", "{}");
        await UntilAsync(inVain);
        var answer = await inVain;
        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"sets":{},"moreAvailable":false}""", answer.Text);

        async Task UntilAsync(Task task)
        {
            for (var seconds = 0; seconds < 120 && !task.IsCompleted; seconds++)
            {
                await TickAsync(1);
            }

            Assert.True(task.IsCompleted);
        }

        // The wait is by the host's clock; what a tick starts takes a moment.
        async Task TickAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                host.Host.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(20, SignalHost.Cancelled);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"maxEvents":-1}""")]
    [InlineData("""{"maxEvents":"all"}""")]
    [InlineData("""{"returnImmediately":"yes"}""")]
    [InlineData("""{"ack":"all"}""")]
    [InlineData("""{"ack":[7]}""")]
    [InlineData("""{"setErrs":[]}""")]
    [InlineData("""{"setErrs":{"a":"b"}}""")]
    public async Task A_broken_poll_is_refused(string body)
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();

        var answer = await host.SendAsync(HttpMethod.Post, $"/ssf/poll/{id}", body);

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Nobody_acknowledges_or_polls_what_is_not_theirs_nor_polls_what_is_pushed()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        var others = await host.CreateAsync(clientId: SignalHost.Other);
        await host.VerifyAsync(id);
        var set = Assert.Single((await host.PollAsync(id)).Sets);

        await host.PollAsync(others, new { maxEvents = 0, ack = new[] { set.Id } }, SignalHost.Other);
        Assert.Single((await host.PollAsync(id)).Sets);

        await host.SendAsync(
            HttpMethod.Patch,
            SignalHost.Streams,
            new
            {
                stream_id = id,
                delivery = new { method = SignalHost.Push, endpoint_url = "https://receiver.example.test/" },
            }
        );
        Assert.Equal(404, (await host.SendAsync(HttpMethod.Post, $"/ssf/poll/{id}", "{}")).Status);
    }

    private static string State(Set set) => set.Content.GetProperty("state").GetString()!;
}
