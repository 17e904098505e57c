using System.Globalization;
using System.Text.Json;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Endpoints;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Server;

namespace IdentityProvider.OpenId.Logout;

/// <summary>
/// Tells an application that a session has ended (OpenID Connect Back-Channel Logout 1.0): an outbox handler, so that
/// it is told even if it is away at that moment.
/// </summary>
internal sealed class BackChannelLogout(
    IdpDbContext context,
    ClientRegistry clients,
    WakeDelivery deliveries,
    IHttpClientFactory http,
    IOptionsMonitor<OpenIddictServerOptions> engine,
    IOptions<OriginOptions> origin,
    TimeProvider time
) : IOutboxHandler
{
    public const string Kind = "back-channel-logout";

    // 2.4: no more than two minutes, since a receiver only remembers a jti for so long.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(2);

    public async Task HandleAsync(OutboxEntry entry, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(entry.Subject);
        var notice = await context
            .Set<LogoutNotice>()
            .AsNoTracking()
            .SingleOrDefaultAsync(n => n.Id == id, cancellationToken);
        if (notice is not { RefusedAt: null })
        {
            return;
        }

        var all = context.Set<LogoutNotice>().Where(n => n.Id == id);
        if (UriOf(clients, notice.ClientId) is not { } uri)
        {
            // It was removed, or has no address for it any more.
            await all.ExecuteDeleteAsync(cancellationToken);
            await deliveries.WakeAsync(notice.AccountId, notice.ClientId, cancellationToken);
            return;
        }

        using var form = new FormUrlEncodedContent([new("logout_token", Token(notice))]);
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = form };
        using var response = await http.CreateClient(Kind)
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // 2.8: 200 and 204 are success, 400 is failure. Only what may pass is tried again: that a server is not well, that
        // it has too much to do; not that an address or a token is wrong, which a second try cannot change.
        if (response.IsSuccessStatusCode)
        {
            await all.ExecuteDeleteAsync(CancellationToken.None);
            await deliveries.WakeAsync(notice.AccountId, notice.ClientId, CancellationToken.None);
            return;
        }

        var answer = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        var passes = (int)response.StatusCode is >= 500 or 408 or 425 or 429;
        DateTimeOffset? refusedAt = passes ? null : time.GetUtcNow();
        await all.ExecuteUpdateAsync(
            set => set.SetProperty(n => n.Answer, answer).SetProperty(n => n.RefusedAt, refusedAt),
            CancellationToken.None
        );
        if (passes)
        {
            throw new HttpRequestException("The application did not take the logout token.", null, response.StatusCode);
        }

        await deliveries.WakeAsync(notice.AccountId, notice.ClientId, CancellationToken.None);
    }

    private string Token(LogoutNotice notice)
    {
        var options = engine.CurrentValue;
        var algorithm =
            ClientProperties.Read(
                clients.FindByClientId(notice.ClientId)?.Properties,
                ClientDescriptors.IdTokenSigningAlg
            ) ?? ClientDeclaration.UsualIdTokenSigningAlg;
        var now = time.GetUtcNow();
        var descriptor = new SecurityTokenDescriptor
        {
            TokenType = "logout+jwt",
            Issuer = origin.Value.Issuer(),
            Audience = notice.ClientId,
            IssuedAt = now.UtcDateTime,
            Expires = (now + TokenLifetime).UtcDateTime,
            SigningCredentials = options.SigningCredentials.First(c => c.Algorithm == algorithm),
            Claims = new Dictionary<string, object>
            {
                ["jti"] = notice.Id.ToString("n"),
                ["sub"] = notice.AccountId,
                ["sid"] = notice.SessionId,
                ["events"] = JsonSerializer.Deserialize<JsonElement>(
                    """{"http://schemas.openid.net/event/backchannel-logout":{}}"""
                ),
            },
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public static string? UriOf(ClientRegistry clients, string clientId) =>
        ClientProperties.Read(clients.FindByClientId(clientId)?.Properties, ClientDescriptors.BackChannelLogoutUri);
}
