namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class LostMail : Attack
{
    public override int Threat => 17;

    public override string Name => "A mail that its server did not take never comes, or opens more than once";

    public override string SeenAt => "Kratos #652, #3175";

    private protected override async Task TryAsync(Scene scene)
    {
        Scene.Needs(scene.Target.CanLoseMail, "the adapter cannot have mail refused");
        var owner = await scene.NewAccountAsync();
        try
        {
            await scene.Target.MeetMailAsync(TargetMail.Refused, scene.Cancelled);
            await scene.RequestResetAsync(scene.NewVisitor(), owner.Email);
            await scene.Target.WorkAsync(scene.Cancelled);
            Scene.Needs(
                (await scene.LinksAsync(owner.Email, scene.Pages.OpenReset)).Count == 0,
                "mail that the adapter has refused comes"
            );
        }
        finally
        {
            await scene.Target.MeetMailAsync(TargetMail.Accepted, scene.Cancelled);
        }

        await scene.Target.WorkAsync(scene.Cancelled);
        await OpensOnceAsync(scene, owner, "a mail that was refused never comes");

        var other = await scene.NewAccountAsync();
        try
        {
            await scene.Target.MeetMailAsync(TargetMail.Unanswered, scene.Cancelled);
            await scene.RequestResetAsync(scene.NewVisitor(), other.Email);
            await scene.Target.WorkAsync(scene.Cancelled);
        }
        finally
        {
            await scene.Target.MeetMailAsync(TargetMail.Accepted, scene.Cancelled);
        }

        await scene.Target.WorkAsync(scene.Cancelled);
        await OpensOnceAsync(scene, other, "a mail that was taken without an answer is lost");
    }

    // The newest link is the one that an owner follows; the others are copies of it, or older.
    private static async Task OpensOnceAsync(Scene scene, AttackAccount owner, string orElse)
    {
        var links = await scene.LinksAsync(owner.Email, scene.Pages.OpenReset);
        Scene.Must(links.Count > 0, orElse);
        await scene.SetPasswordAsync(scene.NewVisitor(), links[^1]);
        Scene.Must(
            await scene.TakesPasswordAsync(owner.Email, Scene.NewPassword),
            "the link of a mail that came late does not work"
        );
        foreach (var link in links)
        {
            await scene.SetPasswordAsync(scene.NewVisitor(), link, "a second use of one link");
        }

        Scene.Must(
            !await scene.TakesPasswordAsync(owner.Email, "a second use of one link"),
            "one request sets a password twice, by two mails"
        );
    }
}
