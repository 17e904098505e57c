using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.SharedSignals;

/// <summary>A job: posts one event to its receiver (RFC 8935).</summary>
internal sealed class PushSignal(
    IdpDbContext context,
    SignalStreams streams,
    SecurityEventTokens tokens,
    IHttpClientFactory http,
    TimeProvider time
) : IOutboxHandler
{
    public const string Kind = "signals.push";

    /// <summary>Adds the push of an event to the transaction that makes it, if its stream pushes now.</summary>
    public static void Enqueue(UnitOfWork work, SignalStream stream, SignalEvent added)
    {
        if (stream is { Status: SignalStreamStatus.Enabled, Delivery: SignalDelivery.Push })
        {
            work.Enqueue(Kind, added.Id.ToString());
        }
    }

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var owed = context.Set<SignalEvent>().Where(e => e.Id == id && e.EndedAt == null);
        if (await owed.AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } sent)
        {
            return;
        }

        // A paused stream is resumed with everything that it owes.
        var stream = await context
            .Set<SignalStream>()
            .AsNoTracking()
            .SingleAsync(s => s.Id == sent.StreamId, cancellationToken);
        if (stream is not { Status: SignalStreamStatus.Enabled, Delivery: SignalDelivery.Push })
        {
            return;
        }

        using var response = await PostAsync(stream, sent, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.Accepted:
                await owed.TakenAsync(time.GetUtcNow(), cancellationToken);
                break;

            // 2.3: the receiver will not take this token, however often it comes.
            case HttpStatusCode.BadRequest:
                var said = Parse(await response.Content.ReadAsStringAsync(cancellationToken));
                await owed.RefusedAsync(said, time.GetUtcNow(), cancellationToken);
                break;
            default:
                throw new HttpRequestException("The receiver did not take the event.", null, response.StatusCode);
        }
    }

    private async Task<HttpResponseMessage> PostAsync(
        SignalStream stream,
        SignalEvent sent,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, stream.EndpointUrl);
        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(tokens.Create(stream, sent)));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/secevent+jwt");
        request.Headers.Accept.Add(new("application/json"));
        if (streams.AuthorizationOf(stream) is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await http.CreateClient(Kind).SendAsync(request, cancellationToken);
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            var said = JsonSerializer.Deserialize<JsonElement>(text);
            return said.ValueKind == JsonValueKind.Object ? said : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
