namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class TokenAfterRestart : Attack
{
    public override int Threat => 10;

    public override string Name => "A token that was redeemed is good again after a restart";

    public override string SeenAt => "Keycloak #37231, CVE-2026-4325";

    private protected override async Task TryAsync(Scene scene)
    {
        Scene.Needs(scene.Target.CanRestart, "the adapter cannot restart the host");
        var victim = await scene.NewAccountAsync();
        var link = await scene.MailedLinkAsync(victim);
        var thief = scene.NewVisitor();
        var opened = await thief.OpenAsync(link, scene.Cancelled);
        await scene.Target.RestartAsync(scene.Cancelled);
        await scene.SetPasswordAsync(scene.NewVisitor(), link);
        Scene.Must(
            await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword),
            "a restart takes away a mailed link"
        );

        await scene.Target.RestartAsync(scene.Cancelled);
        string[] tried =
        [
            "the form of before the restart",
            "the same link opened anew",
            "the same link at another node",
        ];
        await thief.SubmitAsync(opened, scene.Cancelled, (scene.Pages.Password, tried[0]));
        await scene.SetPasswordAsync(scene.NewVisitor(), link, tried[1]);
        await scene.SetPasswordAsync(scene.NewVisitor(), link, tried[2]);
        foreach (var password in tried)
        {
            Scene.Must(
                !await scene.TakesPasswordAsync(victim.Email, password),
                "a used link sets a password again after a restart"
            );
        }

        Scene.Must(
            await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword),
            "the password that the owner chose is lost"
        );
    }
}
