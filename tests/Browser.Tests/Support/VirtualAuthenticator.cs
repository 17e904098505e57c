using Microsoft.Playwright;

namespace Browser.Tests.Support;

/// <summary>Chromium's own authenticator for one page: holds passkeys, and says yes for its person at once.</summary>
internal sealed class VirtualAuthenticator
{
    private readonly ICDPSession session;
    private readonly string id;

    private VirtualAuthenticator(ICDPSession session, string id)
    {
        this.session = session;
        this.id = id;
    }

    /// <param name="person">At whose browser it is.</param>
    /// <param name="transport"><c>internal</c> for the device itself, <c>usb</c> for a security key.</param>
    /// <param name="synced">Whether its passkeys are backed up.</param>
    public static async Task<VirtualAuthenticator> PlugInAsync(
        Person person,
        string transport = "internal",
        bool synced = false
    )
    {
        var session = await person.Context.NewCDPSessionAsync(person.Page);
        await session.SendAsync("WebAuthn.enable", new() { ["enableUI"] = false });
        var added = await session.SendAsync(
            "WebAuthn.addVirtualAuthenticator",
            new()
            {
                ["options"] = new Dictionary<string, object>
                {
                    ["protocol"] = "ctap2",
                    ["ctap2Version"] = "ctap2_1",
                    ["transport"] = transport,
                    ["hasResidentKey"] = true,
                    ["hasUserVerification"] = true,
                    ["isUserVerified"] = true,
                    ["automaticPresenceSimulation"] = true,
                    ["defaultBackupEligibility"] = synced,
                    ["defaultBackupState"] = synced,
                },
            }
        );
        return new(session, added!.Value.GetProperty("authenticatorId").GetString()!);
    }

    /// <summary>Whether its person touches it when asked.</summary>
    public Task AnswerAsync(bool answers) =>
        session.SendAsync(
            "WebAuthn.setAutomaticPresenceSimulation",
            new() { ["authenticatorId"] = id, ["enabled"] = answers }
        );

    /// <summary>Whether PIN or fingerprint are right.</summary>
    public Task VerifyAsync(bool verified) =>
        session.SendAsync(
            "WebAuthn.setUserVerified",
            new() { ["authenticatorId"] = id, ["isUserVerified"] = verified }
        );

    public async Task<int> CountAsync()
    {
        var held = await session.SendAsync("WebAuthn.getCredentials", new() { ["authenticatorId"] = id });
        return held!.Value.GetProperty("credentials").GetArrayLength();
    }

    public Task ForgetAsync() => session.SendAsync("WebAuthn.clearCredentials", new() { ["authenticatorId"] = id });
}
