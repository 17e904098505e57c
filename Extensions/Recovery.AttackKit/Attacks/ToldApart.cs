using System.Text.RegularExpressions;

namespace IdP.Recovery.AttackKit.Attacks;

internal sealed partial class ToldApart : Attack
{
    public override int Threat => 11;

    public override string Name => "Known and unknown addresses are told apart by what is answered";

    public override string SeenAt => "Keycloak #26625; Zitadel GHSA-pvm5-9frx-264r; NodeBB #14524";

    private protected override async Task TryAsync(Scene scene)
    {
        foreach (var administrator in new[] { false, true })
        {
            var known = await scene.NewAccountAsync(administrator: administrator);
            await TryAsync(scene, known.Email, administrator);
        }
    }

    private static async Task TryAsync(Scene scene, string known, bool administrator)
    {
        var unknown = Scene.NewAddress();
        var where = administrator ? " of administrators" : "";

        // Past every limit and every lock, where a side effect would show.
        for (var i = 0; i < 7; i++)
        {
            var asked = await BothAsync(
                known,
                unknown,
                address => scene.RequestResetAsync(scene.NewVisitor(), address, administrator)
            );
            Scene.Must(asked, $"the answers to request {i + 1}{where} differ");
            var signedIn = await BothAsync(
                known,
                unknown,
                address =>
                    scene.GivePasswordAsync(scene.NewVisitor(), address, "a wrong guess of many words", administrator)
            );
            Scene.Must(signedIn, $"the answers to sign-in {i + 1}{where} differ");
        }
    }

    private static async Task<bool> BothAsync(string known, string unknown, Func<string, Task<Answer>> ask) =>
        Plain(await ask(known), known) == Plain(await ask(unknown), unknown);

    // What differs at every answer, or repeats what was typed, tells nothing.
    private static string Plain(Answer answer, string address)
    {
        var headers = answer
            .Headers.Where(h => h.Key is not ("Date" or "Content-Length"))
            .OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}: {(h.Key == "Set-Cookie" ? CookieValues().Replace(h.Value, "$1=…") : h.Value)}");
        var text = $"{(int)answer.Status} {string.Join('\n', headers)}\n{answer.Body}";
        return Changing()
            .Replace(text, "…")
            .Replace(answer.Address.Authority, "host", StringComparison.Ordinal)
            .Replace(Uri.EscapeDataString(address), "address", StringComparison.Ordinal)
            .Replace(address, "address", StringComparison.Ordinal);
    }

    // Names and attributes stay.
    [GeneratedRegex(@"((?:^|, )[^=;,\s]+|expires)=[^;]*")]
    private static partial Regex CookieValues();

    [GeneratedRegex(
        @"(?<=__RequestVerificationToken""[^>]*value="")[^""]*|(?<=PasskeyState""[^>]*value="")[^""]*|(?<=data-options="")[^""]*|nonce-[\w+/=-]+|(?<=nonce="")[^""]*|00-[0-9a-f]{32}-[0-9a-f]{16}-0\d"
    )]
    private static partial Regex Changing();
}
