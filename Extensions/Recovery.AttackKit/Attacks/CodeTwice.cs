namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class CodeTwice : Attack
{
    public override int Threat => 8;

    public override string Name => "A one-time code is taken twice, or too late";

    public override string SeenAt => "aspnetcore #14423; Keycloak CVE-2024-7318";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync(totp: true);
        foreach (var seconds in new[] { -60, 60 })
        {
            Scene.Must(
                !await scene.SignInAsync(scene.NewVisitor(), victim, scene.CodeOf(victim, seconds)),
                $"a code of {seconds} s from now is taken"
            );
        }

        var code = scene.CodeOf(victim);
        var ends = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => scene.NewVisitor())
                .ToList()
                .Select(visitor => scene.SignInAsync(visitor, victim, code))
        );
        Scene.Must(ends.Count(taken => taken) <= 1, "one code signs in more than once");
        Scene.Needs(ends.Any(taken => taken), "a right code does not sign in");
        Scene.Must(!await scene.SignInAsync(scene.NewVisitor(), victim, code), "a code is taken again");

        // A clock that runs ahead may be borne with; then the steps before are spent as well.
        var ahead = await scene.NewAccountAsync(totp: true);
        var next = scene.CodeOf(ahead, 30);
        if (await scene.SignInAsync(scene.NewVisitor(), ahead, next))
        {
            Scene.Must(
                !await scene.SignInAsync(scene.NewVisitor(), ahead, next),
                "the code of the next step is taken again"
            );
            Scene.Must(
                !await scene.SignInAsync(scene.NewVisitor(), ahead, scene.CodeOf(ahead)),
                "after the code of the next step the one before is taken"
            );
        }
    }
}
