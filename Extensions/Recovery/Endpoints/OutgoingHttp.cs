using System.Net;
using System.Security.Authentication;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// How connectors speak HTTP: within a time, to a checked address, without following anybody anywhere, and reading no more
/// than an answer needs.
/// </summary>
internal sealed class OutgoingHttp(IHttpClientFactory clients)
{
    public const string ClientName = "recovery-endpoints";

    /// <summary>The most of an answer that is read, in bytes.</summary>
    public const int AnswerSize = 64 * 1024;

    /// <summary>Sends; an answer, or why there is none.</summary>
    public async Task<OutgoingAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await clients.CreateClient(ClientName).SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return new(response.StatusCode, body, Flaw: null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(null, "", DeliveryFlaw.TimedOut);
        }
        catch (HttpRequestException exception)
        {
            return new(
                null,
                "",
                exception switch
                {
                    { InnerException: OutgoingNetworkException } => DeliveryFlaw.Network,
                    { InnerException: AuthenticationException } => DeliveryFlaw.Certificate,
                    { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => DeliveryFlaw.TooLong,
                    { HttpRequestError: HttpRequestError.InvalidResponse } => DeliveryFlaw.Garbage,
                    _ => DeliveryFlaw.Unreachable,
                }
            );
        }
        catch (InvalidOperationException)
        {
            // The answer names a character set that nobody knows.
            return new(null, "", DeliveryFlaw.Garbage);
        }
    }
}

/// <summary>What came back.</summary>
internal sealed record OutgoingAnswer(HttpStatusCode? Status, string Body, DeliveryFlaw? Flaw)
{
    public bool Succeeded => Flaw is null && (int)Status! is >= 200 and < 300;

    /// <summary>
    /// What an answer that is no success means, where the connector knows no better: only what a second try cannot change
    /// is final. What an administrator can set right is tried again, until it is.
    /// </summary>
    public DeliveryOutcome Failure() =>
        Flaw is { } flaw
            ? new DeliveryOutcome.NotYet(flaw)
            : (int)Status! switch
            {
                >= 300 and < 400 => NotYet(DeliveryFlaw.Redirect),
                401 => NotYet(DeliveryFlaw.Credentials),
                403 => NotYet(DeliveryFlaw.Rights),
                404 or 405 or 410 => NotYet(DeliveryFlaw.Refused),
                429 => NotYet(DeliveryFlaw.TooMany),
                507 => NotYet(DeliveryFlaw.Full),
                408 or 425 or >= 500 => NotYet(DeliveryFlaw.Unavailable),
                >= 400 => new DeliveryOutcome.Refused(DeliveryFlaw.Refused, Detail),
                _ => NotYet(DeliveryFlaw.Garbage),
            };

    public string Detail => ((int)Status!).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private DeliveryOutcome.NotYet NotYet(DeliveryFlaw flaw) => new(flaw, Detail);
}
