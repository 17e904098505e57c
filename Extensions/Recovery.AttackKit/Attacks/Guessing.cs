namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class Guessing : Attack
{
    private const int Guesses = 24;

    public override int Threat => 9;

    public override string Name => "Codes or passwords are guessed in parallel faster than the counter";

    public override string SeenAt => "Zitadel CVE-2024-32868, CVE-2025-64102, CVE-2023-47111; Keycloak CVE-2024-4629";

    private protected override async Task TryAsync(Scene scene)
    {
        var victim = await scene.NewAccountAsync();
        await InParallelAsync(
            scene,
            visitor => scene.GivePasswordAsync(visitor, victim.Email, "a wrong guess of many words")
        );
        Scene.Must(
            !await scene.TakesPasswordAsync(victim.Email, victim.Password),
            $"after {Guesses} wrong passwords the right one is still looked at"
        );

        var other = await scene.NewAccountAsync(totp: true);
        var pending = new List<(Visitor Visitor, Uri Page)>();
        for (var i = 0; i < 4; i++)
        {
            var visitor = scene.NewVisitor();
            var first = await scene.GivePasswordAsync(visitor, other.Email, other.Password);
            Scene.Needs(first.IsRedirect, "there is no second step");
            pending.Add((visitor, first.Location!));
        }

        var wrong = scene.WrongCodeOf(other);
        await Task.WhenAll(
            Enumerable
                .Range(0, Guesses)
                .Select(i => scene.GiveCodeAsync(pending[i % 4].Visitor, pending[i % 4].Page, wrong))
        );
        Scene.Must(
            !await scene.GiveCodeAsync(pending[0].Visitor, pending[0].Page, scene.CodeOf(other)),
            $"after {Guesses} wrong codes the right one is still looked at"
        );

        var third = await scene.NewAccountAsync(totp: true);
        var link = await scene.MailedLinkAsync(third);
        var thief = scene.NewVisitor();
        var gate = await thief.OpenAsync(link, scene.Cancelled);
        await Task.WhenAll(
            Enumerable
                .Range(0, Guesses)
                .Select(_ => thief.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.WrongCodeOf(third))))
        );
        await thief.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(third)));
        await scene.SetPasswordAsync(thief, link);
        Scene.Must(
            !await scene.TakesPasswordAsync(third.Email, Scene.NewPassword),
            $"after {Guesses} wrong codes a mailed link still opens"
        );
        await GuessRecoveryCodesAsync(scene);
        await GuessAtUnlockingAsync(scene);
    }

    private static async Task GuessRecoveryCodesAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync(totp: true);
        var session = scene.NewVisitor();
        Scene.Needs(
            await scene.SignInAsync(session, owner, scene.CodeOf(owner)),
            "signing in with a code does not work"
        );
        var codes = await scene.CreateRecoveryCodesAsync(session);
        var thief = scene.NewVisitor();
        var first = await scene.GivePasswordAsync(thief, owner.Email, owner.Password);
        var page = new Uri(first.Location!, scene.Pages.WithRecoveryCode);
        await Task.WhenAll(
            Enumerable.Range(0, Guesses).Select(i => scene.GiveCodeAsync(thief, page, WrongOf(codes[0], i)))
        );
        await scene.GiveCodeAsync(thief, page, codes[0]);
        Scene.Must(
            !await scene.IsSignedInAsync(thief),
            $"after {Guesses} wrong recovery codes a right one is still looked at"
        );
    }

    // Where a locked account can be unlocked by mail, the factor is not to be guessed there either.
    private static async Task GuessAtUnlockingAsync(Scene scene)
    {
        var owner = await scene.NewAccountAsync(totp: true);
        await InParallelAsync(
            scene,
            visitor => scene.GivePasswordAsync(visitor, owner.Email, "a wrong guess of many words")
        );
        await scene.Target.WorkAsync(scene.Cancelled);
        if (await scene.LinksAsync(owner.Email, scene.Pages.OpenUnlock) is not [.., var link])
        {
            return;
        }

        var thief = scene.NewVisitor();
        var gate = await thief.OpenAsync(link, scene.Cancelled);
        await Task.WhenAll(
            Enumerable
                .Range(0, Guesses)
                .Select(_ => thief.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.WrongCodeOf(owner))))
        );
        await thief.SubmitAsync(gate, scene.Cancelled, (scene.Pages.Code, scene.CodeOf(owner)));
        Scene.Must(
            !await scene.TakesPasswordAsync(owner.Email, owner.Password),
            $"after {Guesses} wrong codes a link to unlock still opens"
        );
    }

    // As long as the right one, and of its letters.
    private static string WrongOf(string code, int guess) =>
        string.Concat(code.Select((c, i) => c == '-' ? c : (char)('0' + (guess + i) % 10)));

    private static Task InParallelAsync(Scene scene, Func<Visitor, Task> guess) =>
        Task.WhenAll(Enumerable.Range(0, Guesses).Select(_ => scene.NewVisitor()).ToList().Select(guess));
}
