namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class AddressOutOfShape : Attack
{
    public override int Threat => 3;

    public override string Name => "An address out of shape reaches another mailbox or a mail's header";

    public override string SeenAt => "GitLab CVE-2023-7028; Keycloak CVE-2025-8419";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync();
        var eve = Scene.NewAddress();
        var (field, ada) = (Uri.EscapeDataString(scene.Pages.Email), victim.Email);
        var control = await scene.RequestResetAsync(scene.NewVisitor(), Scene.NewAddress());
        Scene.Needs(control.IsRedirect, "a request in shape is not taken");
        string[] bodies =
        [
            $"{field}={E(ada)}&{field}={E(eve)}",
            $"{field}={E(eve)}&{field}={E(ada)}",
            $"{field}[]={E(ada)}&{field}[]={E(eve)}",
            $"{field}[0]={E(ada)}&{field}[1]={E(eve)}",
            $"{field}={E(ada + "," + eve)}",
            $"{field}={E(ada + ";" + eve)}",
            $"{field}={E(ada + "\r\nBcc: " + eve)}",
            $"{field}={E(ada + "\nBcc: " + eve)}",
            $"{field}={E(ada + "\0" + eve)}",
            $"{field}={E("\u202e" + ada)}",
            $"{field}={E(ada.Replace('a', '\u0430'))}",
            $"{field}={E($"\"{ada}\" <{eve}>")}",
        ];
        foreach (var body in bodies)
        {
            var attacker = scene.NewVisitor();
            var page = await attacker.GetAsync(scene.Pages.RequestReset, scene.Cancelled);
            var hidden = page.HiddenBeside(scene.Pages.Email);
            var answer = await attacker.PostAsync(page.Address, $"{Visitor.Encode(hidden)}&{body}", scene.Cancelled);
            Scene.Must(answer.IsRefused, $"'{Uri.UnescapeDataString(body)}' was answered with {(int)answer.Status}");
            Scene.Must(!answer.Body.Contains("   at ", StringComparison.Ordinal), "an answer shows a stack trace");
        }

        await scene.Target.WorkAsync(scene.Cancelled);
        foreach (var address in new[] { victim.Email, eve })
        {
            Scene.Must(
                (await scene.Target.ReadMailsAsync(address, scene.Cancelled)).Count == 0,
                "something was mailed"
            );
        }
    }

    private static string E(string text) => Uri.EscapeDataString(text);
}
