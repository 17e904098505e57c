namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class FactorWithoutProof : Attack
{
    public override int Threat => 6;

    public override string Name => "A stolen session sets up, replaces or removes a second factor";

    public override string SeenAt => "aspnetcore #68764; Keycloak CVE-2026-3429";

    private protected override async Task TryAsync(Scene scene)
    {
        Scene.Needs(scene.Target.CanAge, "the adapter cannot let time pass");
        var pages = scene.Pages;
        var victim = await scene.NewAccountAsync(totp: true);
        var session = scene.NewVisitor();
        Scene.Needs(
            await scene.SignInAsync(session, victim, scene.CodeOf(victim)),
            "signing in with a code does not work"
        );

        // The forms are taken while the proof is fresh, whole and right: only the proof is missing when they are sent.
        var add = await session.GetAsync(pages.AddAuthenticator, scene.Cancelled);
        var key = Scene.KeyOn(add);
        var codes = await session.GetAsync(pages.RecoveryCodes, scene.Cancelled);
        var app = await scene.AppPageAsync(session);
        await scene.Target.AgeAsync(victim, TimeSpan.FromMinutes(6), scene.Cancelled);
        Scene.Needs(await scene.IsSignedInAsync(session), "the session has ended");

        foreach (
            var path in new[] { pages.AddAuthenticator, pages.RecoveryCodes, pages.Passkeys, app.Address.AbsolutePath }
        )
        {
            var page = await session.GetAsync(path, scene.Cancelled);
            Scene.Must(AsksForProof(scene, page), $"{path} opens without a fresh proof");
        }

        var added = await session.SubmitAsync(add, scene.Cancelled, (pages.Code, scene.CodeOf(key)));
        Scene.Must(AsksForProof(scene, added), "an app is added without a fresh proof");
        var made = await session.SubmitAsync(codes, scene.Cancelled);
        Scene.Must(AsksForProof(scene, made), "recovery codes are made without a fresh proof");
        var removed = await session.SubmitAsync(app, scene.Cancelled, (pages.EndOthers, "true"));
        Scene.Must(AsksForProof(scene, removed), "an app is removed without a fresh proof");

        // And nothing of it has happened.
        await scene.Target.AgeAsync(victim, TimeSpan.FromSeconds(60), scene.Cancelled);
        Scene.Must(
            !await scene.SignInAsync(scene.NewVisitor(), victim, scene.CodeOf(key)),
            "an app that was added without a fresh proof signs in"
        );
        Scene.Must(
            await scene.SignInAsync(scene.NewVisitor(), victim, scene.CodeOf(victim)),
            "the app of the owner signs in no more"
        );
    }

    private static bool AsksForProof(Scene scene, Answer? answer) =>
        answer?.Location?.AbsolutePath == scene.Pages.Prove;
}
