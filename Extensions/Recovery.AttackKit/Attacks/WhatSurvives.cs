namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class WhatSurvives : Attack
{
    public override int Threat => 7;

    public override string Name =>
        "A session, a token, a half-finished sign-in or a remembered browser survives a reset";

    public override string SeenAt =>
        "aspnetcore #66824, #21985; Keycloak #49007, CVE-2026-9802; authentik CVE-2025-29928";

    private protected override async Task TryAsync(Scene scene)
    {
        Scene.Needs(scene.Target.CanAge, "the adapter cannot let time pass");
        var victim = await scene.NewAccountAsync(totp: true);
        var thief = scene.NewVisitor();
        Scene.Needs(
            await scene.SignInAsync(thief, victim, scene.CodeOf(victim), remember: true),
            "signing in with a code does not work"
        );
        Scene.Needs(await scene.IsSignedInAsync(thief), "signing in begins no session");
        var tokens = await Tokens.TakeAsync(scene, thief);
        var halfway = scene.NewVisitor();
        var pending = (await scene.GivePasswordAsync(halfway, victim.Email, victim.Password)).Location!;

        await scene.Target.AgeAsync(victim, TimeSpan.FromSeconds(30), scene.Cancelled);
        var owner = scene.NewVisitor();
        var gate = await owner.OpenAsync(await scene.MailedLinkAsync(victim), scene.Cancelled);
        await owner.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(victim)));
        var form = await owner.GetAsync(scene.Pages.NewPassword, scene.Cancelled);
        await owner.SubmitAsync(form, scene.Cancelled, (scene.Pages.Password, Scene.NewPassword));

        // Order: before any job has run, and again after.
        for (var i = 0; i < 2; i++)
        {
            Scene.Must(!await scene.IsSignedInAsync(thief), "an old session goes on");
            await scene.Target.WorkAsync(scene.Cancelled);
        }

        if (tokens is not null)
        {
            Scene.Must(!await tokens.RefreshAsync(), "an application's refresh token goes on");
            Scene.Must(!await tokens.OpenAsync(), "an application's access token goes on");
        }

        Scene.Must(!await scene.IsSignedInAsync(owner), "the reset itself signs in");
        await scene.Target.AgeAsync(victim, TimeSpan.FromSeconds(30), scene.Cancelled);
        await scene.GiveCodeAsync(halfway, pending, scene.CodeOf(victim));
        Scene.Must(!await scene.IsSignedInAsync(halfway), "a sign-in begun with the old password goes on");
        await scene.GivePasswordAsync(thief, victim.Email, Scene.NewPassword);
        Scene.Must(
            !await scene.IsSignedInAsync(thief),
            "a browser remembered before the reset is not asked for a factor"
        );
    }
}
