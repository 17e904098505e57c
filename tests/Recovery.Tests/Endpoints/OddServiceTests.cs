using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IdP.Recovery.Endpoints;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>Whatever a service answers, its receipt says in words what was wrong, and nothing else happens.</summary>
public sealed class OddServiceTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, DeliveryFlaw, string?> Answers =>
        new()
        {
            { "302 Found", "", DeliveryFlaw.Redirect, "302" },
            { "401 Unauthorized", "", DeliveryFlaw.Credentials, "401" },
            { "403 Forbidden", "", DeliveryFlaw.Rights, "403" },
            { "404 Not Found", "<html>", DeliveryFlaw.Refused, "404" },
            { "429 Too Many Requests", "", DeliveryFlaw.TooMany, "429" },
            { "500 Internal Server Error", "<html>", DeliveryFlaw.Unavailable, "500" },
            { "507 Insufficient Storage", "", DeliveryFlaw.Full, "507" },
            { "200 OK", """{"error":"no such thing"}""", DeliveryFlaw.ErrorInside, "200" },
        };

    [Theory, MemberData(nameof(Answers))]
    public async Task A_webhook_that_is_answered_so_is_tried_again(
        string status,
        string body,
        DeliveryFlaw flaw,
        string? detail
    )
    {
        await using var service = OddService.Saying(status, body, "Location: http://127.0.0.1:1/\r\n");
        var receipt = await DeliverAsync(service.Address, WebhookConnector.KindName);
        Assert.Equal((ReceiptState.Pending, flaw, detail), (receipt.State, receipt.Flaw, receipt.Detail));
        Assert.Equal(1, service.Asked);
    }

    [Theory]
    [InlineData("400 Bad Request")]
    [InlineData("422 Unprocessable Content")]
    public async Task A_webhook_that_is_refused_has_failed(string status)
    {
        await using var service = OddService.Saying(status);
        var receipt = await DeliverAsync(service.Address, WebhookConnector.KindName);
        Assert.Equal((ReceiptState.Failed, DeliveryFlaw.Refused), (receipt.State, receipt.Flaw));
    }

    [Theory]
    [InlineData("complete nonsense\r\n\r\n", DeliveryFlaw.Garbage)]
    [InlineData("", DeliveryFlaw.Unreachable)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n", DeliveryFlaw.TooLong)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", DeliveryFlaw.Unreachable)]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=nobody\r\nContent-Length: 1\r\n\r\nx",
        DeliveryFlaw.Garbage
    )]
    public async Task Bytes_that_are_no_answer_have_their_word(string bytes, DeliveryFlaw flaw)
    {
        await using var service = OddService.Writing(bytes);
        Assert.Equal(flaw, (await DeliverAsync(service.Address, WebhookConnector.KindName)).Flaw);
    }

    [Fact]
    public async Task Ten_megabytes_without_an_end_are_not_read()
    {
        await using var service = OddService.Writing("HTTP/1.1 200 OK\r\n\r\n" + new string('x', 10 * 1024 * 1024));
        Assert.Equal(DeliveryFlaw.TooLong, (await DeliverAsync(service.Address, WebhookConnector.KindName)).Flaw);
    }

    [Fact]
    public async Task A_service_that_says_nothing_is_not_waited_for()
    {
        await using var service = OddService.Silent();
        Assert.Equal(
            DeliveryFlaw.TimedOut,
            (
                await DeliverAsync(
                    service.Address,
                    WebhookConnector.KindName,
                    ("AccountRecovery:Endpoints:Timeout", "00:00:01")
                )
            ).Flaw
        );
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_taken()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var service = OddService.Writing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", certificate);
        Assert.Equal(DeliveryFlaw.Certificate, (await DeliverAsync(service.Address, WebhookConnector.KindName)).Flaw);
    }

    [Fact]
    public async Task A_name_that_leads_into_this_network_is_not_connected_to()
    {
        await using var service = OddService.Saying("200 OK");
        var named = new UriBuilder(service.Address) { Host = "localhost" }.Uri;
        await using var host = await RecoveryHost.StartAsync(
            TestDatabase.Usual,
            (EndpointSteps.Loopback, "127.0.0.0/8")
        );
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, named, WebhookConnector.KindName);

        // Where it may not be reached any more, or the name has changed its mind.
        await using var strict = host.StartAnother((EndpointSteps.Loopback, "192.0.2.0/24"));
        await host.ResetAsync();
        await strict.DrainAsync();
        Assert.Equal(DeliveryFlaw.Network, (await host.ReceiptAsync()).Flaw);
        Assert.Equal(0, service.Asked);
    }

    [Theory]
    [InlineData(
        "200 OK",
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}""",
        DeliveryFlaw.ErrorInside
    )]
    [InlineData("200 OK", "<html>", DeliveryFlaw.Garbage)]
    [InlineData("200 OK", """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}""", DeliveryFlaw.Garbage)]
    [InlineData(
        "200 OK",
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[{"id":7}]}""",
        DeliveryFlaw.Garbage
    )]
    [InlineData(
        "200 OK",
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[]}""",
        DeliveryFlaw.NoAccount
    )]
    [InlineData(
        "200 OK",
        """{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[{"id":"1"},{"id":"2"}]}""",
        DeliveryFlaw.Ambiguous
    )]
    [InlineData("204 No Content", "", DeliveryFlaw.Garbage)]
    [InlineData("503 Service Unavailable", "", DeliveryFlaw.Unavailable)]
    public async Task What_a_directory_answers_has_its_word(string status, string body, DeliveryFlaw flaw)
    {
        await using var service = OddService.Saying(status, body);
        Assert.Equal(flaw, (await DeliverAsync(service.Address, ScimConnector.KindName)).Flaw);
    }

    private static async Task<Receipt> DeliverAsync(
        Uri address,
        string kind,
        params (string Name, string Value)[] settings
    )
    {
        await using var host = await RecoveryHost.StartAsync(
            TestDatabase.Usual,
            [(EndpointSteps.Loopback, "127.0.0.0/8"), .. settings]
        );
        var ada = await host.CreateAccountAsync(Ada);
        await CreateAsync(host, ada.Id, address, kind);
        await host.ResetAsync();
        await host.DrainAsync();
        return await host.ReceiptAsync();
    }

    private static Task<ServiceEndpoint> CreateAsync(RecoveryHost host, string accountId, Uri address, string kind) =>
        host.CreateEndpointAsync(
            [accountId],
            kind: kind,
            values: kind == ScimConnector.KindName
                ? [("url", address.ToString()), ("token", "a-token")]
                : [("url", address.ToString()), ("secret", ForeignServices.Secret)]
        );
}
