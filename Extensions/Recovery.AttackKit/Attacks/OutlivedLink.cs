namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class OutlivedLink : Attack
{
    public override int Threat => 14;

    public override string Name => "A link outlives a newer one, a new password or a new address";

    public override string SeenAt => "Keycloak PR 7985, #21348";

    private protected override async Task TryAsync(Scene scene)
    {
        var first = await scene.NewAccountAsync();
        var older = await scene.MailedLinkAsync(first);
        var newer = await scene.MailedLinkAsync(first);
        Scene.Must(await scene.SetPasswordAsync(scene.NewVisitor(), older) is null, "an older link still opens");
        await scene.SetPasswordAsync(scene.NewVisitor(), newer);
        Scene.Must(
            await scene.SetPasswordAsync(scene.NewVisitor(), newer, "yet another long password") is null,
            "a link outlives the password it has set"
        );

        var moved = await scene.NewAccountAsync();
        var link = await scene.MailedLinkAsync(moved);
        if (await scene.Target.ChangeAddressAsync(moved, Scene.NewAddress(), scene.Cancelled))
        {
            Scene.Must(
                await scene.SetPasswordAsync(scene.NewVisitor(), link) is null,
                "a link outlives a change of the address"
            );
        }

        if (scene.Target.CanAge)
        {
            var slow = await scene.NewAccountAsync();
            var late = await scene.MailedLinkAsync(slow);
            await scene.Target.AgeAsync(slow, TimeSpan.FromHours(24), scene.Cancelled);
            Scene.Must(
                await scene.SetPasswordAsync(scene.NewVisitor(), late) is null,
                "a link works for more than a day"
            );
        }
    }
}
