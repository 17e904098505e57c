using Microsoft.Playwright;

namespace Browser.Tests.Support;

/// <summary>Chromium's own authenticator for one page: holds passkeys, and says yes for its person at once.</summary>
internal sealed class VirtualAuthenticator
{
    private readonly ICDPSession session;
    private readonly string id;
    private readonly TaskCompletionSource deleted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private VirtualAuthenticator(ICDPSession session, string id)
    {
        this.session = session;
        this.id = id;
        session.Event("WebAuthn.credentialDeleted").OnEvent += (_, _) => deleted.TrySetResult();
    }

    /// <param name="person">At whose browser it is.</param>
    /// <param name="transport"><c>internal</c> for the device itself, <c>usb</c> for a security key.</param>
    /// <param name="synced">Whether its passkeys are backed up.</param>
    /// <param name="discoverable">Whether it finds its passkeys by itself, without being told which.</param>
    /// <param name="verifies">Whether it has a PIN or a fingerprint reader.</param>
    public static async Task<VirtualAuthenticator> PlugInAsync(
        Person person,
        string transport = "internal",
        bool synced = false,
        bool discoverable = true,
        bool verifies = true
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
                    ["hasResidentKey"] = discoverable,
                    ["hasUserVerification"] = verifies,
                    ["isUserVerified"] = verifies,
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

    /// <summary>Unplugs it; another one may be plugged in.</summary>
    public Task UnplugAsync() =>
        session.SendAsync("WebAuthn.removeVirtualAuthenticator", new() { ["authenticatorId"] = id });

    /// <summary>Waits until a page has made it give up a passkey.</summary>
    public Task GivesUpAsync() => deleted.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task ForgetAsync() => session.SendAsync("WebAuthn.clearCredentials", new() { ["authenticatorId"] = id });
}
