namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class ForeignHost : Attack
{
    private static readonly (string Name, string Value)[][] Headers =
    [
        [("Host", "evil.example")],
        [("X-Forwarded-Host", "evil.example")],
        [("Forwarded", "host=evil.example;proto=https;for=192.0.2.1")],
        [("X-Original-Host", "evil.example"), ("X-Host", "evil.example")],
        [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example:8443")],
        [("X-Forwarded-Prefix", "//evil.example"), ("X-Original-URL", "//evil.example/")],
    ];

    public override int Threat => 2;

    public override string Name => "The mailed link leads to a host that the request named";

    public override string SeenAt => "Zitadel CVE-2023-49097, CVE-2025-64101; Keycloak CVE-2017-12161";

    private protected override async Task TryAsync(Scene scene)
    {
        foreach (var headers in Headers)
        {
            var victim = await scene.NewAccountAsync();
            var attacker = scene.NewVisitor();
            foreach (var (name, value) in headers)
            {
                attacker.Always(name, value);
            }

            // Refusing such a request is as good as not believing it.
            var page = await attacker.GetAsync(scene.Pages.RequestReset, scene.Cancelled);
            await attacker.SubmitAsync(page, scene.Cancelled, (scene.Pages.Email, victim.Email));
            await scene.Target.WorkAsync(scene.Cancelled);
            foreach (var mail in await scene.Target.ReadMailsAsync(victim.Email, scene.Cancelled))
            {
                Scene.Must(
                    !mail.Contains("evil.example", StringComparison.OrdinalIgnoreCase),
                    $"a mail names the host of the header {headers[0].Name}"
                );
            }

            Scene.Must(
                (await scene.LinksAsync(victim.Email, scene.Pages.OpenReset)).All(link =>
                    link.StartsWith(scene.Target.Origin.ToString(), StringComparison.Ordinal)
                ),
                "a link does not begin with the host's origin"
            );
        }
    }
}
