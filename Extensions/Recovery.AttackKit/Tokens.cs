using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IdP.Recovery.AttackKit;

/// <summary>What an application holds of somebody (OpenID Connect Core 3.1, PKCE).</summary>
internal sealed partial class Tokens(Scene scene, TargetApplication application, string refresh, string access)
{
    /// <summary>Signs in to the host's application by a session; null where the host has none.</summary>
    public static async Task<Tokens?> TakeAsync(Scene scene, Visitor session)
    {
        if (scene.Target.Application is not { } application)
        {
            return null;
        }

        var node = scene.Target.Nodes[0];
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var answer = await session.GetAsync(
            new Uri(
                node,
                application.Authorize
                    + "?"
                    + Visitor.Encode([
                        ("client_id", application.ClientId),
                        ("redirect_uri", application.RedirectUri.ToString()),
                        ("response_type", "code"),
                        ("scope", "openid offline_access"),
                        ("code_challenge", challenge),
                        ("code_challenge_method", "S256"),
                    ])
            ).ToString(),
            scene.Cancelled
        );
        var code = Code().Match(answer.Location?.Query ?? "").Groups[1].Value;
        Scene.Needs(code.Length > 0, "the application is given no code");
        var given = await PostAsync(
            scene,
            application,
            ("grant_type", "authorization_code"),
            ("code", Uri.UnescapeDataString(code)),
            ("redirect_uri", application.RedirectUri.ToString()),
            ("code_verifier", verifier)
        );
        Scene.Needs((int)given.Status == 200, "the application is given no tokens");
        using var json = JsonDocument.Parse(given.Body);
        var tokens = new Tokens(
            scene,
            application,
            json.RootElement.GetProperty("refresh_token").GetString()!,
            json.RootElement.GetProperty("access_token").GetString()!
        );
        Scene.Needs(await tokens.OpenAsync(), "an access token opens nothing");
        return tokens;
    }

    /// <summary>Whether the refresh token brings new ones.</summary>
    public async Task<bool> RefreshAsync() =>
        (int)(await PostAsync(scene, application, ("grant_type", "refresh_token"), ("refresh_token", refresh))).Status
        == 200;

    /// <summary>Whether the access token opens something.</summary>
    public async Task<bool> OpenAsync()
    {
        using var visitor = new Visitor(scene.Target.Nodes[0]);
        visitor.Always("Authorization", "Bearer " + access);
        return (int)(await visitor.GetAsync(application.UserInfo, scene.Cancelled)).Status == 200;
    }

    private static async Task<Answer> PostAsync(
        Scene scene,
        TargetApplication application,
        params (string Name, string Value)[] form
    )
    {
        using var visitor = new Visitor(scene.Target.Nodes[0]);
        return await visitor.PostAsync(
            new Uri(scene.Target.Nodes[0], application.Token),
            Visitor.Encode([.. form, ("client_id", application.ClientId)]),
            scene.Cancelled
        );
    }

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex Code();
}
