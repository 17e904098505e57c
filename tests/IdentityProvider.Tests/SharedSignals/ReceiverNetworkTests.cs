using System.Net;
using IdentityProvider.SharedSignals;
using IdentityProvider.Tests.Mail;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>A receiver does not reach through the host into the network that it stands in.</summary>
public sealed class ReceiverNetworkTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.8.8", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_public_addresses_are_pushed_to(string address, bool allowed) =>
        Assert.Equal(allowed, Network("Production").Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://receiver.example.org/events?a=b", true)]
    [InlineData("https://8.8.8.8/", true)]
    [InlineData("http://receiver.example.org/", false)]
    [InlineData("http://127.0.0.1/", false)]
    [InlineData("https://127.0.0.1/", false)]
    [InlineData("https://localhost/", false)]
    [InlineData("https://[::1]/", false)]
    [InlineData("https://[::ffff:10.0.0.1]/", false)]
    [InlineData("https://0x7f000001/", false)]
    [InlineData("https://user:word@receiver.example.org/", false)]
    [InlineData("https://receiver.example.org/#a", false)]
    [InlineData("/events", false)]
    [InlineData("ftp://receiver.example.org/", false)]
    public void An_endpoint_is_https_on_a_public_address(string endpoint, bool allowed) =>
        Assert.Equal(allowed, Network("Production").IsEndpoint(endpoint));

    [Fact]
    public void A_network_that_the_operator_allows_is_pushed_to_and_no_other()
    {
        var network = Network("Production", "10.1.0.0/16");

        Assert.True(network.Allows(IPAddress.Parse("10.1.2.3")));
        Assert.True(network.Allows(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.False(network.Allows(IPAddress.Parse("10.2.0.1")));
        Assert.True(network.IsEndpoint("https://10.1.2.3/"));
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Testing", true)]
    [InlineData("Staging", false)]
    public void A_loopback_receiver_over_http_is_for_development(string environment, bool allowed)
    {
        var network = Network(environment);

        Assert.Equal(allowed, network.IsEndpoint("http://127.0.0.1:8080/events"));
        Assert.Equal(allowed, network.Allows(IPAddress.Loopback));
        Assert.False(network.IsEndpoint("http://10.0.0.1/"));
        Assert.False(network.Allows(IPAddress.Parse("192.168.0.1")));
    }

    [Fact]
    public async Task A_name_that_leads_to_a_private_address_is_not_connected_to()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync();
        var id = await host.CreateAsync(receiver.Endpoint.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        await host.VerifyAsync(id);

        // Another node, where loopback is not allowed, has the same work before it.
        await using var strict = await ProviderFixture.StartAsync(
            settings: [("OpenId:ClientsFile", "")],
            services: services =>
            {
                services.WithoutScheduler();
                services.Replace(ServiceDescriptor.Singleton(Network("Production")));
            },
            besides: host.Host
        );
        await strict.DrainAsync();
        Assert.Empty(receiver.Pushes);
        Assert.Null(Assert.Single(await host.EventsAsync()).EndedAt);

        host.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await host.Host.DrainAsync();
        Assert.Single(receiver.Pushes);
    }

    private static ReceiverNetwork Network(string environment, params string[] allowed) =>
        new(
            Options.Create(new SharedSignalsOptions { AllowedNetworks = allowed }),
            new HostingEnvironment { EnvironmentName = environment }
        );
}
