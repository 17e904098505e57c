using System.Net.Http.Json;
using System.Text.Json;
using Browser.Tests.Pages;
using Browser.Tests.Support;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Journeys;

/// <summary>Signing in on something without a keyboard (RFC 8628).</summary>
public sealed class DeviceJourneys(Chromium chromium) : Journey
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_signs_a_television_in_with_its_code()
    {
        await using var stage = await Stage.StartAsync(chromium);
        await stage.Provider.CreateAccountAsync(Ada, with: a => a.DisplayName = "Ada Lovelace");
        using var television = new HttpClient { BaseAddress = stage.Provider.Origin };
        var started = await PostAsync(
            television,
            "/connect/device",
            ("client_id", "television"),
            ("scope", "openid profile offline_access")
        );
        var ada = await stage.EnterAsync();

        await ada.GoAsync(new Uri(started.GetProperty("verification_uri").GetString()!));
        await Portal.SignInAsync(ada, Ada, ProviderFixture.GoodPassword);
        await ada.FillAsync("Code", started.GetProperty("user_code").GetString()!);
        await ada.CheckAsync("device-code");
        await ada.PressAsync("Continue");
        await ada.SeesAsync("Living room television");
        await ada.CheckAsync("device-confirm");
        await ada.PressAsync("Allow");
        await ada.SeesHeadingAsync("Go back to your device");
        await ada.CheckAsync("device-done");

        var tokens = await PostAsync(
            television,
            "/connect/token",
            ("client_id", "television"),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", started.GetProperty("device_code").GetString()!)
        );
        Assert.True(tokens.TryGetProperty("access_token", out _), tokens.ToString());
    }

    private static async Task<JsonElement> PostAsync(
        HttpClient client,
        string path,
        params (string Name, string Value)[] fields
    )
    {
        using var content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content, Cancelled);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
    }
}
