namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class SkippedStep : Attack
{
    public override int Threat => 1;

    public override string Name => "A password is set without the mailed token";

    public override string SeenAt => "Keycloak CVE-2026-18963, CVE-2020-1718";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync();
        await scene.MailedLinkAsync(victim);
        foreach (var entrance in new[] { "", $"{scene.Pages.OpenReset}?token={Guess()}" })
        {
            var attacker = scene.NewVisitor();
            if (entrance.Length > 0)
            {
                await attacker.OpenAsync(entrance, scene.Cancelled);
            }

            // The form is borrowed from the sign-in page: its antiforgery token is as good as any.
            var form = await attacker.GetAsync(scene.Pages.SignIn, scene.Cancelled);
            var fields = form.HiddenBeside(scene.Pages.Password)
                .Append((scene.Pages.Password, Scene.NewPassword))
                .Append((scene.Pages.Email, victim.Email));
            await attacker.PostAsync(
                new Uri(attacker.Node, scene.Pages.NewPassword),
                Visitor.Encode(fields),
                scene.Cancelled
            );
            Scene.Must(
                !await scene.TakesPasswordAsync(victim.Email, Scene.NewPassword),
                "the attacker's password signs in"
            );
        }

        Scene.Must(
            await scene.TakesPasswordAsync(victim.Email, victim.Password),
            "the owner's password no longer signs in"
        );
    }

    private static string Guess() => new('A', 43);
}
