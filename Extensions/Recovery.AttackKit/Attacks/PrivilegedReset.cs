namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class PrivilegedReset : Attack
{
    public override int Threat => 13;

    public override string Name => "A privileged person is reset without anybody hearing of it";

    public override string SeenAt => "Okta 2023";

    private protected override async Task TryAsync(Scene scene)
    {
        var target = await scene.NewAccountAsync(totp: true, administrator: true);
        var other = await scene.NewAccountAsync(totp: true, administrator: true);
        var link = await scene.MailedLinkAsync(target, administrator: true);
        var stops = await scene.LinksAsync(other.Email, scene.Pages.StopReset);
        Scene.Must(stops.Count > 0, "no other administrator is told, or nobody could stop it");

        var watcher = scene.NewVisitor();
        var page = await watcher.OpenAsync(stops[^1], scene.Cancelled);
        await watcher.SubmitAsync(page, scene.Cancelled);
        await scene.SetPasswordAsync(scene.NewVisitor(), link);
        Scene.Must(
            !await scene.TakesPasswordAsync(target.Email, Scene.NewPassword, administrator: true),
            "a reset that another administrator stopped goes on"
        );

        // And after the deed: whoever has the mailbox has had a session by then.
        await scene.SetPasswordAsync(scene.NewVisitor(), await scene.MailedLinkAsync(target, administrator: true));
        await scene.Target.WorkAsync(scene.Cancelled);
        stops = await scene.LinksAsync(other.Email, scene.Pages.StopReset);
        await watcher.SubmitAsync(await watcher.OpenAsync(stops[^1], scene.Cancelled), scene.Cancelled);
        Scene.Must(
            !await scene.TakesPasswordAsync(target.Email, Scene.NewPassword, administrator: true),
            "an administrator hears of a reset when it is done, and cannot shut out who did it"
        );
    }
}
