namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class LinkOfAnother : Attack
{
    public override int Threat => 4;

    public override string Name => "A link is redeemed for another account than it was sent to";

    public override string SeenAt => "authentik CVE-2023-26481";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync();
        var attacker = await scene.NewAccountAsync();
        var visitor = scene.NewVisitor();
        var page = await visitor.OpenAsync(await scene.MailedLinkAsync(attacker), scene.Cancelled);
        var fields = page.HiddenBeside(scene.Pages.Password).ToDictionary(h => h.Name, h => h.Value);
        fields[scene.Pages.Password] = Scene.NewPassword;
        foreach (var name in new[] { "username", "email", scene.Pages.Email, "user", "account", "sub" })
        {
            fields[name] = victim.Email;
        }

        await visitor.PostAsync(page.Address, Visitor.Encode(fields.Select(f => (f.Key, f.Value))), scene.Cancelled);

        Scene.Must(
            !await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword)
                && await scene.TakesPasswordAsync(victim.Email, victim.Password),
            "the victim's password was set by the attacker's link"
        );
    }
}
