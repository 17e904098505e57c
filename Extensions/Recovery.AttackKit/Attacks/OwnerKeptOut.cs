namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class OwnerKeptOut : Attack
{
    public override int Threat => 12;

    public override string Name => "An attacker's failures keep the owner out for good";

    public override string SeenAt => "Keycloak #46164";

    private protected override async Task TryAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync(totp: true);
        var link = await scene.MailedLinkAsync(owner);
        for (var i = 0; i < 12; i++)
        {
            await scene.GivePasswordAsync(scene.NewVisitor(), owner.Email, "a wrong guess of many words");
            await scene.RequestResetAsync(scene.NewVisitor(), owner.Email);
        }

        // Without the jobs: what the attacker asked for must not have voided what is in the mailbox.
        var visitor = scene.NewVisitor();
        var gate = await visitor.OpenAsync(link, scene.Cancelled);
        while (
            gate.Document.Forms.All(f => f.Elements[scene.Pages.Code] is null)
            && await NewestAsync(scene, owner) is var newest
            && newest != link
        )
        {
            // A host that runs jobs by itself has mailed another link in between, and that one is the owner's now.
            link = newest;
            gate = await visitor.OpenAsync(link, scene.Cancelled);
        }

        await visitor.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(owner)));
        var form = await visitor.GetAsync(scene.Pages.NewPassword, scene.Cancelled);
        await visitor.SubmitAsync(form, scene.Cancelled, (scene.Pages.Password, Scene.NewPassword));
        Scene.Must(
            await scene.TakesPasswordAsync(owner.Email, Scene.NewPassword),
            "the owner cannot recover while somebody fails in their name"
        );
    }

    private static async Task<string> NewestAsync(Scene scene, AttackAccount owner) =>
        (await scene.LinksAsync(owner.Email, scene.Pages.OpenReset))[^1];
}
