using System.Net;
using System.Net.Sockets;
using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.CommandLine;

/// <summary>A host that is asked to end: what is under way goes on to its end, and nothing new begins.</summary>
[StartsProcesses]
public sealed class ShutdownTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_under_way_is_answered_before_the_host_ends()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var address = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        using var host = ProviderProcess.Start(database, address, address);
        await host.ReadyAsync();
        const string Body = "grant_type=client_credentials&client_id=nobody&client_secret=nothing";
        using var client = new TcpClient();
        await client.ConnectAsync("localhost", address.Port, Cancelled);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /connect/token HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body[..10]}"
            ),
            Cancelled
        );

        // One that came after it was answered, so the host has begun with the first.
        using (var other = new HttpClient())
        {
            await other.GetAsync(new Uri(address, "/health/live"), Cancelled);
        }

        await host.AskToEndAsync();
        while (await ListensAsync(address))
        {
            await Task.Yield();
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(Body[10..]), Cancelled);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(Cancelled);

        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Contains("invalid_client", answer, StringComparison.Ordinal);
        Assert.Equal(0, await host.EndAsync());
    }

    [Fact]
    public async Task Under_load_the_host_is_first_not_ready_and_answers_every_request_until_the_load_has_gone()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var address = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        using var host = ProviderProcess.Start(database, address, address, ("Shutdown:Drain", "00:01:00"));
        await host.ReadyAsync();
        using var drained = new CancellationTokenSource();
        var load = Enumerable.Range(0, 8).Select(_ => AskUntilAsync(address, drained.Token)).ToList();

        await host.AskToEndAsync();
        using (var client = new HttpClient { BaseAddress = address })
        {
            // It still answers, or this would throw.
            while ((await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancelled)).IsSuccessStatusCode)
            { }
        }

        // As a load balancer does that has seen it.
        await drained.CancelAsync();
        Assert.All(await Task.WhenAll(load), answered => Assert.True(answered > 0));
        Assert.True(await ListensAsync(address));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Work_in_hand_is_given_back_so_that_others_do_it_at_once(DatabaseProvider provider)
    {
        using var mailServer = new TcpListener(IPAddress.Loopback, 0);
        mailServer.Start();
        await using var database = await TestDatabase.CreateAsync(provider);
        var address = new Uri($"http://localhost:{ProviderFixture.FreePort()}");
        using var host = ProviderProcess.Start(
            database,
            address,
            address,
            ("Mail:Host", "127.0.0.1"),
            ("Mail:Port", $"{((IPEndPoint)mailServer.LocalEndpoint).Port}"),
            ("Mail:Security", "None"),
            ("Mail:From", "no-reply@example.test"),
            ("Mail:Timeout", "00:01:00")
        );
        await host.ReadyAsync();
        using var browser = new TestBrowser(address, null);
        await browser.SubmitAsync(await browser.GetAsync("/reset/user"), ("Email", "ada@example.test"));

        // A worker is at the mail server's door, which says nothing.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        using var waiting = await mailServer.AcceptTcpClientAsync(patience.Token);
        await using var context = database.OpenContext();
        var undone = context.Set<OutboxEntry>().AsNoTracking().Where(e => e.DoneAt == null);
        Assert.True(await undone.AnyAsync(e => e.HeldBy != null, Cancelled));

        await host.AskToEndAsync();

        Assert.Equal(0, await host.EndAsync());
        var left = await undone.ToListAsync(Cancelled);
        Assert.Contains(left, e => e.Kind == "password-reset.send");
        Assert.All(left, e => Assert.Null(e.HeldBy));
        Assert.All(
            left.Where(e => e.LastError is null),
            e => Assert.True(e.DueAt <= ProviderFixture.RealNow(), $"{e.DueAt:O}")
        );
    }

    // A connection for each request: one that is kept open may be closed under the next.
    private static async Task<int> AskUntilAsync(Uri address, CancellationToken drained)
    {
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.ConnectionClose = true;
        var answered = 0;
        do
        {
            var answer = await client.GetAsync(new Uri("/login", UriKind.Relative), Cancelled);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            answered++;
        } while (!drained.IsCancellationRequested);
        return answered;
    }

    private static async Task<bool> ListensAsync(Uri address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("localhost", address.Port, Cancelled);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
