namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class OldRecoveryCodes : Attack
{
    public override int Threat => 15;

    public override string Name => "A recovery code of an older set, or of an older factor, still works";

    public override string SeenAt => "newtheatre/stage-door #143";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync(totp: true);
        var owner = scene.NewVisitor();
        Scene.Needs(
            await scene.SignInAsync(owner, victim, scene.CodeOf(victim)),
            "signing in with a code does not work"
        );
        var first = await scene.CreateRecoveryCodesAsync(owner);
        var second = await scene.CreateRecoveryCodesAsync(owner);

        Scene.Must(!await SignsInAsync(scene, victim, first[0]), "a code of the old set signs in");
        Scene.Must(await SignsInAsync(scene, victim, second[0]), "a code of the new set does not");
        Scene.Must(!await SignsInAsync(scene, victim, second[0]), "a code signs in twice");

        // The app is removed, the last factor there is, and set up anew.
        await owner.SubmitAsync(await scene.AppPageAsync(owner), scene.Cancelled, (scene.Pages.EndOthers, "true"));
        var add = await owner.GetAsync(scene.Pages.AddAuthenticator, scene.Cancelled);
        var key = Scene.KeyOn(add);
        Scene.Needs(key != victim.TotpKey, "the app was not removed");
        var added = await owner.SubmitAsync(add, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(key)));
        Scene.Needs(added?.IsRedirect == true, "an app cannot be set up again");
        Scene.Must(
            !await SignsInAsync(scene, victim, second[1]),
            "a code of before signs in after an app was set up again"
        );
    }

    private static async Task<bool> SignsInAsync(Scene scene, AttackAccount account, string code)
    {
        var visitor = scene.NewVisitor();
        var first = await scene.GivePasswordAsync(visitor, account.Email, account.Password);
        var page = new Uri(first.Location!, scene.Pages.WithRecoveryCode);
        await scene.GiveCodeAsync(visitor, page, code);
        return await scene.IsSignedInAsync(visitor);
    }
}
