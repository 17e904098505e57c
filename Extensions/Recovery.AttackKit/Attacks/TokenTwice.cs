namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class TokenTwice : Attack
{
    public override int Threat => 10;

    public override string Name => "One token is redeemed twice by a race, or again later";

    public override string SeenAt => "authentik PR 19967; Keycloak #37231, CVE-2026-4325";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync();
        var link = await scene.MailedLinkAsync(victim);
        var racers = new List<(Visitor Visitor, Answer Page, string Password)>();
        // Each password is tried afterwards, which must not bring about a lock that hides a winner.
        for (var i = 0; i < (scene.Target.CanAge ? 16 : 4); i++)
        {
            var visitor = scene.NewVisitor();
            var page = await visitor.OpenAsync(link, scene.Cancelled);
            racers.Add((visitor, page, $"copper lanterns sway above {i} harbours"));
        }

        await Task.WhenAll(
            racers.Select(r => r.Visitor.SubmitAsync(r.Page, scene.Cancelled, (scene.Pages.Password, r.Password)))
        );
        var winners = 0;
        foreach (var racer in racers)
        {
            winners += await scene.TakesPasswordAsync(victim.Email, racer.Password) ? 1 : 0;

            // A lock of our own making must not hide a winner.
            if (scene.Target.CanAge)
            {
                await scene.Target.AgeAsync(victim, TimeSpan.FromDays(1), scene.Cancelled);
            }
        }

        Scene.Must(winners == 1, "no redemption, or more than one, set the password");
        await scene.Target.WorkAsync(scene.Cancelled);
        var changes = (await scene.Target.ReadMailsAsync(victim.Email, scene.Cancelled)).Count;
        await scene.SetPasswordAsync(scene.NewVisitor(), link, "another try with the same old link");
        await scene.Target.WorkAsync(scene.Cancelled);
        Scene.Must(
            (await scene.Target.ReadMailsAsync(victim.Email, scene.Cancelled)).Count == changes
                && !await scene.TakesPasswordAsync(victim.Email, "another try with the same old link"),
            "a used link sets a password again"
        );
    }
}
