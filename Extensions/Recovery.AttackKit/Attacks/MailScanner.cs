namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class MailScanner : Attack
{
    public override int Threat => 16;

    public override string Name => "A mail scanner that opens every link spends it";

    public override string SeenAt => "Authelia #2994";

    private protected override async Task TryAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync();
        var link = await scene.MailedLinkAsync(owner);
        for (var i = 0; i < 5; i++)
        {
            var scanner = scene.NewVisitor();
            await scanner.GetAsync(link, scene.Cancelled);
            await scanner.OpenAsync(link, scene.Cancelled);
        }

        await scene.SetPasswordAsync(scene.NewVisitor(), link);
        Scene.Must(await scene.TakesPasswordAsync(owner.Email, Scene.NewPassword), "the owner's link no longer works");
    }
}
