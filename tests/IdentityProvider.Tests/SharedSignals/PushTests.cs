using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>Delivery by push (requirements 12a and 13; RFC 8935).</summary>
public sealed class PushTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_verification_is_pushed_with_its_state_and_the_receivers_authorization(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync(receiver.Endpoint);

        Assert.Equal(204, (await host.VerifyAsync(id, "the-state")).Status);
        await host.Host.DrainAsync();
        await AdvanceAsync(host, TimeSpan.FromHours(5));

        var pushed = Assert.Single(receiver.Pushes);
        Assert.Equal("application/secevent+jwt", pushed.ContentType);
        Assert.Equal("Bearer of-the-receiver", pushed.Authorization);
        var set = await host.ReadAsync(pushed.Body);
        Assert.Equal("https://schemas.openid.net/secevent/ssf/event-type/verification", set.Type);
        Assert.Equal("the-state", set.Content.GetProperty("state").GetString());
        Assert.Equal("opaque", set.Subject.GetProperty("format").GetString());
        Assert.Equal(id, set.Subject.GetProperty("id").GetString());
        Assert.Equal(SignalHost.Receiver, set.Claims.GetProperty("aud").GetString());
        Assert.NotNull(Assert.Single(await host.EventsAsync()).EndedAt);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(401)]
    [InlineData(200)]
    public async Task What_may_pass_is_tried_again_with_the_same_event(int status)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync(receiver.Endpoint);
        receiver.Answer = Receiver.With(status);
        await host.VerifyAsync(id);
        await host.Host.DrainAsync();
        await AdvanceAsync(host, TimeSpan.FromSeconds(10));
        Assert.Equal(2, receiver.Pushes.Count);
        Assert.Null(Assert.Single(await host.EventsAsync()).EndedAt);

        receiver.Answer = Receiver.Accept;
        await AdvanceAsync(host, TimeSpan.FromSeconds(30));
        await AdvanceAsync(host, TimeSpan.FromHours(5));

        Assert.Equal(3, receiver.Pushes.Count);
        var first = await host.ReadAsync(receiver.Pushes[0].Body);
        var last = await host.ReadAsync(receiver.Pushes[2].Body);
        Assert.Equal(first.Claims.GetRawText(), last.Claims.GetRawText());
        Assert.NotNull(Assert.Single(await host.EventsAsync()).EndedAt);
    }

    [Theory]
    [InlineData("""{"err":"invalid_key","description":"Nobody knows it\n."}""", "invalid_key", "Nobody knows it.")]
    [InlineData("not JSON", "unknown", null)]
    [InlineData("[7]", "unknown", null)]
    public async Task A_refusal_is_final_and_kept(string answer, string error, string? description)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync(receiver.Endpoint);
        receiver.Answer = Receiver.With(400, answer);

        await host.VerifyAsync(id);
        await host.Host.DrainAsync();
        await AdvanceAsync(host, TimeSpan.FromHours(5));

        Assert.Single(receiver.Pushes);
        var kept = Assert.Single(await host.EventsAsync());
        Assert.NotNull(kept.EndedAt);
        Assert.Equal(error, kept.Error);
        Assert.Equal(description, kept.ErrorDescription);
    }

    [Fact]
    public async Task A_receiver_does_not_redirect_an_event_elsewhere()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var elsewhere = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync();
        receiver.Answer = http =>
        {
            http.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            http.Response.Headers.Location = elsewhere.Endpoint;
            return Task.CompletedTask;
        };
        var id = await host.CreateAsync(receiver.Endpoint);

        await host.VerifyAsync(id);
        await host.Host.DrainAsync();

        Assert.Single(receiver.Pushes);
        Assert.Empty(elsewhere.Pushes);
        Assert.Null(Assert.Single(await host.EventsAsync()).EndedAt);
    }

    [Fact]
    public async Task A_receiver_that_never_ends_its_answer_is_given_up_on_and_tried_again()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync(settings: ("SharedSignals:PushTimeout", "00:00:01"));
        receiver.Answer = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
        var id = await host.CreateAsync(receiver.Endpoint);
        await host.VerifyAsync(id);
        await host.Host.DrainAsync();
        receiver.Answer = http => http.Response.WriteAsync(new string('x', 64 * 1024), http.RequestAborted);
        await AdvanceAsync(host, TimeSpan.FromSeconds(10));
        Assert.Null(Assert.Single(await host.EventsAsync()).EndedAt);

        receiver.Answer = Receiver.Accept;
        await AdvanceAsync(host, TimeSpan.FromSeconds(30));

        Assert.Equal(3, receiver.Pushes.Count);
        Assert.NotNull(Assert.Single(await host.EventsAsync()).EndedAt);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_delivery_whose_worker_was_killed_is_taken_up_by_another(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync(receiver.Endpoint);
        await host.VerifyAsync(id);
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(SignalHost.Cancelled);
        receiver.Answer = async http =>
        {
            await killed.CancelAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        var entry = await host.Host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<OutboxEntry>()
                .Where(e => e.Kind == "signals.push")
                .Select(e => e.Id)
                .SingleAsync(SignalHost.Cancelled)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            host.Host.Services.GetRequiredService<OutboxRunner>().RunAsync(entry, killed.Token)
        );

        receiver.Answer = Receiver.Accept;
        await AdvanceAsync(host, TimeSpan.FromMinutes(5));

        Assert.Equal(2, receiver.Pushes.Count);
        Assert.Equal(
            (await host.ReadAsync(receiver.Pushes[0].Body)).Id,
            (await host.ReadAsync(receiver.Pushes[1].Body)).Id
        );
        Assert.NotNull(Assert.Single(await host.EventsAsync()).EndedAt);
    }

    [Fact]
    public async Task What_a_polled_stream_owes_is_pushed_once_it_is_changed_to_push()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync();
        await host.VerifyAsync(id);
        await host.Host.DrainAsync();

        var answer = await host.SendAsync(
            HttpMethod.Patch,
            SignalHost.Streams,
            new { stream_id = id, delivery = new { method = SignalHost.Push, endpoint_url = receiver.Endpoint } }
        );
        await host.Host.DrainAsync();

        Assert.Equal(200, answer.Status);
        Assert.Null(Assert.Single(receiver.Pushes).Authorization);
    }

    private static async Task AdvanceAsync(SignalHost host, TimeSpan by)
    {
        host.Host.Time.Advance(by);
        await host.Host.DrainAsync();
    }
}
