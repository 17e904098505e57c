namespace IdP.Recovery.AttackKit.Attacks;

internal sealed class PrivilegedMfaReset : Attack
{
    public override int Threat => 13;

    public override string Name => "The help desk resets the MFA of a privileged person, or raises itself";

    public override string SeenAt => "Okta 2023";

    private protected override async Task TryAsync(Scene scene)
    {
        Scene.Needs(scene.Target.HasHelpDesk, "the host has no help desk");
        var desk = await scene.NewAccountAsync(totp: true, helpDesk: true);
        var user = await scene.NewAccountAsync(totp: true);
        AttackAccount[] privileged =
        [
            await scene.NewAccountAsync(totp: true, administrator: true),
            await scene.NewAccountAsync(totp: true, helpDesk: true),
        ];
        Scene.Needs(
            user.Id is not null && desk.Id is not null && privileged.All(p => p.Id is not null),
            "the adapter does not say what the console calls an account"
        );
        var session = scene.NewVisitor();
        Scene.Needs(
            await scene.SignInAsync(session, desk, scene.CodeOf(desk), administrator: true),
            "the help desk cannot sign in with a code"
        );
        var form = await session.GetAsync(Page(scene, user), scene.Cancelled);

        foreach (var person in privileged.Append(desk))
        {
            // By the page as it is, and by the whole form of somebody whom the help desk may reset.
            var own = await session.GetAsync(Page(scene, person), scene.Cancelled);
            await session.SubmitAsync(own, scene.Cancelled, Fields(scene));
            await ForgeAsync(scene, session, form, Page(scene, person));
            await ForgeAsync(scene, session, form, Page(scene, user, person));
            var both = await session.GetAsync(Page(scene, user, person), scene.Cancelled);
            await session.SubmitAsync(both, scene.Cancelled, Fields(scene));
        }

        await scene.Target.WorkAsync(scene.Cancelled);
        foreach (var person in privileged)
        {
            Scene.Must(
                await IsAskedForCodeAsync(scene, person, administrator: true),
                "the help desk has removed the second factor of a privileged person"
            );
        }

        await MustNotRiseAsync(scene, session, form, desk);

        // That the forms were right: the ordinary person who stood beside the others was reset.
        Scene.Needs(
            !await IsAskedForCodeAsync(scene, user, administrator: false),
            "the help desk cannot reset an ordinary person's MFA"
        );
    }

    private static async Task MustNotRiseAsync(Scene scene, Visitor session, Answer form, AttackAccount desk)
    {
        Scene.Must(
            await IsAskedForCodeAsync(scene, desk, administrator: true),
            "the help desk has removed its own second factor"
        );
        var roles = new Uri(form.Address, scene.Pages.Roles);
        await session.PostAsync(
            roles,
            Visitor.Encode([
                .. form.HiddenBeside(scene.Pages.Why),
                (scene.Pages.Email, desk.Email),
                (scene.Pages.Why, "a role for myself"),
                .. scene.Pages.AllRoles,
            ]),
            scene.Cancelled
        );
        if (scene.Target.CanAge)
        {
            await scene.Target.AgeAsync(desk, TimeSpan.FromSeconds(30), scene.Cancelled);
        }

        // Roles may be those of the sign-in.
        var again = scene.NewVisitor();
        await scene.SignInAsync(again, desk, scene.CodeOf(desk), administrator: true);
        foreach (var visitor in (Visitor[])[session, again])
        {
            Scene.Must(
                (int)(await visitor.GetAsync(scene.Pages.Roles, scene.Cancelled)).Status != 200,
                "the help desk has given itself a role"
            );
        }
    }

    private static Task<Answer> ForgeAsync(Scene scene, Visitor session, Answer form, string page) =>
        session.PostAsync(
            new Uri(form.Address, page),
            Visitor.Encode([.. form.HiddenBeside(scene.Pages.Why), .. Fields(scene)]),
            scene.Cancelled
        );

    private static (string, string)[] Fields(Scene scene) =>
        [(scene.Pages.Why, "says that the phone is lost"), .. scene.Pages.ResetFactors.Select(f => (f, "true"))];

    private static string Page(Scene scene, params AttackAccount[] people) =>
        scene.Pages.ResetMfa.Replace("{ids}", string.Join('.', people.Select(p => p.Id)), StringComparison.Ordinal);

    private static async Task<bool> IsAskedForCodeAsync(Scene scene, AttackAccount account, bool administrator)
    {
        var visitor = scene.NewVisitor();
        var first = await scene.GivePasswordAsync(visitor, account.Email, account.Password, administrator);
        var next = first.IsRedirect ? await visitor.OpenAsync(first.Location!.ToString(), scene.Cancelled) : first;
        return next.Address.AbsolutePath == scene.Pages.Factor;
    }
}
