using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.SharedSignals;
using IdentityProvider.Tests.OpenId;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>A stream is made, read, updated, replaced and deleted (requirement 12a; SSF 1.0, 8.1.1).</summary>
public sealed class StreamControlTests
{
    private const string Endpoint = "https://receiver.example.test/events";
    private const string Unheard = "https://events.example.test/unheard";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_stream_is_made_read_and_deleted(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        Assert.Empty(await ListAsync(host));

        var made = await host.SendAsync(
            HttpMethod.Post,
            SignalHost.Streams,
            new
            {
                delivery = new { method = SignalHost.Push, endpoint_url = Endpoint },
                events_requested = new[] { SignalTable.SessionRevoked, Unheard },
                description = "Ours",
                format = "iss_sub",
            }
        );
        var id = made.Value("stream_id");
        var read = await host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Streams, id));

        Assert.Equal(201, made.Status);
        Assert.Equal(200, read.Status);
        Assert.Equal(made.Text, read.Text);
        Assert.Equal(made.Text, Assert.Single(await ListAsync(host)).GetRawText());
        Assert.Equal(host.Idp.Issuer, read.Value("iss"));
        Assert.Equal(SignalHost.Receiver, read.Value("aud"));
        Assert.Equal("Ours", read.Value("description"));
        Assert.Equal("10", read.Value("min_verification_interval"));
        Assert.Equal([SignalTable.SessionRevoked, Unheard], Events(read, "events_requested"));
        Assert.Equal([SignalTable.SessionRevoked], Events(read, "events_delivered"));
        Assert.Equal(SignalTable.Supported, Events(read, "events_supported"));
        Assert.Equal(SignalHost.Push, Delivery(read, "method"));
        Assert.Equal(Endpoint, Delivery(read, "endpoint_url"));

        Assert.Equal(204, (await DeleteAsync(host, id)).Status);
        Assert.Equal(404, (await DeleteAsync(host, id)).Status);
        Assert.Empty(await ListAsync(host));
    }

    [Fact]
    public async Task A_stream_without_delivery_is_polled_at_an_address_of_its_own_and_carries_everything()
    {
        await using var host = await SignalHost.StartAsync();

        var one = await host.SendAsync(HttpMethod.Post, SignalHost.Streams, "{}");
        var other = await host.SendAsync(HttpMethod.Post, SignalHost.Streams, "{}", SignalHost.Other);

        Assert.Equal(SignalHost.Poll, Delivery(one, "method"));
        Assert.StartsWith(host.Idp.Issuer, Delivery(one, "endpoint_url"), StringComparison.Ordinal);
        Assert.NotEqual(Delivery(one, "endpoint_url"), Delivery(other, "endpoint_url"));
        Assert.Equal(SignalTable.Supported, Events(one, "events_delivered"));
        Assert.False(one.Json.TryGetProperty("events_requested", out _));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_update_keeps_what_it_does_not_name_and_a_replacement_drops_it(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var id = await host.CreateAsync(Endpoint, [SignalTable.SessionRevoked]);

        var updated = await host.SendAsync(
            HttpMethod.Patch,
            SignalHost.Streams,
            new
            {
                stream_id = id,
                iss = host.Idp.Issuer,
                aud = SignalHost.Receiver,
                description = "New",
            }
        );
        Assert.Equal(200, updated.Status);
        Assert.Equal("New", updated.Value("description"));
        Assert.Equal([SignalTable.SessionRevoked], Events(updated, "events_requested"));
        Assert.Equal(Endpoint, Delivery(updated, "endpoint_url"));
        Assert.Equal(updated.Text, (await ReadAsync(host, id)).Text);

        var replaced = await host.SendAsync(
            HttpMethod.Put,
            SignalHost.Streams,
            new { stream_id = id, events_requested = new[] { SignalTable.CredentialChange } }
        );
        Assert.Equal(200, replaced.Status);
        Assert.Null(replaced.Find("description"));
        Assert.Equal([SignalTable.CredentialChange], Events(replaced, "events_delivered"));
        Assert.Equal(SignalHost.Poll, Delivery(replaced, "method"));
        Assert.Equal(replaced.Text, (await ReadAsync(host, id)).Text);
    }

    [Fact]
    public async Task The_authorization_header_is_shown_to_nobody_lies_encrypted_and_follows_no_new_address()
    {
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync(Endpoint);
        var first = await StreamAsync(host);
        Assert.DoesNotContain("of-the-receiver", (await ReadAsync(host, id)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("of-the-receiver", first.ProtectedAuthorization, StringComparison.Ordinal);

        await UpdateAsync(Endpoint);
        Assert.NotNull((await StreamAsync(host)).ProtectedAuthorization);
        await UpdateAsync("https://elsewhere.example.test/events");
        Assert.Null((await StreamAsync(host)).ProtectedAuthorization);

        async Task UpdateAsync(string url) =>
            Assert.Equal(
                200,
                (
                    await host.SendAsync(
                        HttpMethod.Patch,
                        SignalHost.Streams,
                        new { stream_id = id, delivery = new { method = SignalHost.Push, endpoint_url = url } }
                    )
                ).Status
            );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_streams_made_at_once_a_receiver_gets_one(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var token = await host.TokenAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => host.SendWithAsync(token, HttpMethod.Post, SignalHost.Streams, "{}"))
        );

        Assert.Single(answers, a => a.Status == 201);
        Assert.Equal(5, answers.Count(a => a.Status == 409));
        Assert.Single(await ListAsync(host));
    }

    private static async Task<JsonElement[]> ListAsync(SignalHost host)
    {
        var answer = await host.SendAsync(HttpMethod.Get, SignalHost.Streams);
        Assert.Equal(200, answer.Status);
        return [.. answer.Json.EnumerateArray()];
    }

    private static Task<Answer> ReadAsync(SignalHost host, string id) =>
        host.SendAsync(HttpMethod.Get, SignalHost.With(SignalHost.Streams, id));

    private static Task<Answer> DeleteAsync(SignalHost host, string id) =>
        host.SendAsync(HttpMethod.Delete, SignalHost.With(SignalHost.Streams, id));

    private static Task<SignalStream> StreamAsync(SignalHost host) =>
        host.Host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>().Set<SignalStream>().AsNoTracking().SingleAsync(SignalHost.Cancelled)
        );

    private static string[] Events(Answer answer, string name) =>
        [.. answer.Json.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static string Delivery(Answer answer, string name) =>
        answer.Json.GetProperty("delivery").GetProperty(name).GetString()!;
}
