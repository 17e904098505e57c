namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class TokenInPassing : Attack
{
    public override int Threat => 18;

    public override string Name => "The token is left in an address, a Referer, a page or a cache";

    public override string SeenAt => "OWASP Forgot Password Cheat Sheet";

    private protected override async Task TryAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync();
        var link = await scene.MailedLinkAsync(owner);
        var token = Scene.TokenOf(link);
        var visitor = scene.NewVisitor();

        var opened = await visitor.GetAsync(link, scene.Cancelled);

        Scene.Must(opened.IsRedirect, "the page with the token in its address is shown");
        var page = await visitor.OpenAsync(link, scene.Cancelled);
        foreach (var answer in new[] { opened, page })
        {
            Scene.Must(
                answer.Headers.GetValueOrDefault("Referrer-Policy") == "no-referrer",
                "a browser would send the address on as Referer"
            );
            Scene.Must(
                answer.Headers.Values.All(v => !v.Contains(token, StringComparison.Ordinal)),
                "a header, a cookie among them, carries the token in clear"
            );
        }

        Scene.Must(
            !page.Address.ToString().Contains(token, StringComparison.Ordinal)
                && !page.Body.Contains(token, StringComparison.Ordinal),
            "the page for the new password shows the token"
        );
        Scene.Must(
            page.Headers.GetValueOrDefault("Cache-Control")?.Contains("no-store", StringComparison.Ordinal) == true,
            "the page may be kept in a cache"
        );
    }
}
