namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class MailboxAlone : Attack
{
    public override int Threat => 5;

    public override string Name => "The mailbox alone resets an account that has a second factor";

    public override string SeenAt => "Keycloak #12759; Kratos default";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync(totp: true);
        var link = await scene.MailedLinkAsync(victim);
        var thief = scene.NewVisitor();
        Scene.Must(
            await scene.SetPasswordAsync(thief, link) is null,
            "a form for a new password is shown before a factor is proved"
        );

        var page = await thief.GetAsync(scene.Pages.NewPassword, scene.Cancelled);
        var forged = page.HiddenBeside(scene.Pages.Code).Append((scene.Pages.Password, Scene.NewPassword));
        await thief.PostAsync(new Uri(thief.Node, scene.Pages.NewPassword), Visitor.Encode(forged), scene.Cancelled);
        Scene.Must(!await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword), "a forged form sets the password");

        // The owner, who has the factor, gets in: the gate is no wall.
        var owner = scene.NewVisitor();
        var gate = await owner.OpenAsync(link, scene.Cancelled);
        await owner.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(victim)));
        var form = await owner.GetAsync(scene.Pages.NewPassword, scene.Cancelled);
        await owner.SubmitAsync(form, scene.Cancelled, (scene.Pages.Password, Scene.NewPassword));
        Scene.Must(
            await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword),
            "the owner cannot reset the password with link and code"
        );
    }
}
