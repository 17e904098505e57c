namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class MailQueue : Attack
{
    public override int Threat => 17;

    public override string Name => "Mail is sent twice, is lost, or its secret lies in the database";

    public override string SeenAt => "Kratos #652, #732, #3175";

    private protected override async Task TryAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync();
        await scene.RequestResetAsync(scene.NewVisitor(), owner.Email);
        var queued = await scene.Target.ReadDatabaseAsync(scene.Cancelled);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => scene.Target.WorkAsync(scene.Cancelled)));
        await scene.Target.WorkAsync(scene.Cancelled);
        var mails = await scene.Target.ReadMailsAsync(owner.Email, scene.Cancelled);
        Scene.Must(mails.Count == 1, $"{mails.Count} mails came of one request");

        var token = Scene.TokenOf((await scene.LinksAsync(owner.Email, scene.Pages.OpenReset))[0]);
        var sent = await scene.Target.ReadDatabaseAsync(scene.Cancelled);
        Scene.Must(
            queued?.Contains(token, StringComparison.Ordinal) != true
                && sent?.Contains(token, StringComparison.Ordinal) != true,
            "the database holds the mailed secret in clear"
        );
    }
}
