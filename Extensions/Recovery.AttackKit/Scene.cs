using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OtpNet;

namespace IdP.Recovery.AttackKit;

/// <summary>One attack under way: its people, and the steps they take.</summary>
internal sealed partial class Scene(AttackTarget target, CancellationToken cancellationToken) : IDisposable
{
    public const string NewPassword = "kettle orbit maple forty lanterns";

    private static int people;
    private readonly List<Visitor> visitors = [];
    private int turn;

    public AttackTarget Target => target;

    public TargetPages Pages => target.Pages;

    public CancellationToken Cancelled => cancellationToken;

    /// <summary>A browser at the next node.</summary>
    public Visitor NewVisitor()
    {
        var visitor = new Visitor(target.Nodes[turn++ % target.Nodes.Count]);
        visitors.Add(visitor);
        return visitor;
    }

    public Task<AttackAccount> NewAccountAsync(bool totp = false, bool administrator = false, bool helpDesk = false) =>
        target.CreateAccountAsync(
            new(NewAddress(), "violet hammocks drift past seven piers", totp, administrator, helpDesk),
            cancellationToken
        );

    public static string NewAddress() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"attacked-{Interlocked.Increment(ref people)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}@example.test"
        );

    public async Task<Answer> RequestResetAsync(Visitor visitor, string address, bool administrator = false)
    {
        var page = await visitor.GetAsync(
            administrator ? Pages.RequestAdministratorReset : Pages.RequestReset,
            cancellationToken
        );
        return await visitor.SubmitAsync(page, cancellationToken, (Pages.Email, address))
            ?? throw new InvalidOperationException($"No form with {Pages.Email} at {page.Address}.");
    }

    /// <summary>Asks for a reset, and reads the link out of the mail.</summary>
    public async Task<string> MailedLinkAsync(AttackAccount account, bool administrator = false)
    {
        var before = (await LinksAsync(account.Email, Pages.OpenReset)).Count;
        await RequestResetAsync(NewVisitor(), account.Email, administrator);
        await target.WorkAsync(cancellationToken);
        var links = await LinksAsync(account.Email, Pages.OpenReset);
        return links.Count > before
            ? links[^1]
            : throw new NotApplicableException("no reset link was mailed; are the host's limits raised for this run?");
    }

    /// <summary>The links of all mails to an address that lead to a path.</summary>
    public async Task<IReadOnlyList<string>> LinksAsync(string address, string path) =>
        [
            .. (await target.ReadMailsAsync(address, cancellationToken))
                .SelectMany(mail => Links().Matches(mail).Select(m => m.Value))
                .Where(link => link.Contains(path, StringComparison.Ordinal)),
        ];

    /// <summary>The secret of a mailed link.</summary>
    public static string TokenOf(string link) => Token().Match(link).Groups[1].Value;

    /// <summary>Opens a mailed link and chooses a password; null where no form for one is shown.</summary>
    public async Task<Answer?> SetPasswordAsync(Visitor visitor, string link, string password = NewPassword)
    {
        var page = await visitor.OpenAsync(link, cancellationToken);
        return await visitor.SubmitAsync(page, cancellationToken, (Pages.Password, password));
    }

    /// <summary>The answer to address and password at the sign-in page.</summary>
    public async Task<Answer> GivePasswordAsync(
        Visitor visitor,
        string address,
        string password,
        bool administrator = false
    )
    {
        var page = await visitor.GetAsync(administrator ? Pages.AdministratorSignIn : Pages.SignIn, cancellationToken);
        return await visitor.SubmitAsync(page, cancellationToken, (Pages.Email, address), (Pages.Password, password))
            ?? throw new InvalidOperationException($"No form with {Pages.Password} at {page.Address}.");
    }

    /// <summary>Whether a password is right: it signs in, or leads to the second step.</summary>
    public async Task<bool> TakesPasswordAsync(string address, string password, bool administrator = false) =>
        (await GivePasswordAsync(NewVisitor(), address, password, administrator)).IsRedirect;

    /// <summary>Signs in with password and code; false where the code is refused.</summary>
    public async Task<bool> SignInAsync(
        Visitor visitor,
        AttackAccount account,
        string code,
        bool remember = false,
        bool administrator = false
    )
    {
        var first = await GivePasswordAsync(visitor, account.Email, account.Password, administrator);
        return first.Location is { } next && await GiveCodeAsync(visitor, next, code, remember);
    }

    public async Task<bool> GiveCodeAsync(Visitor visitor, Uri page, string code, bool remember = false)
    {
        (string, string)[] fields = remember ? [(Pages.Code, code), (Pages.Remember, "true")] : [(Pages.Code, code)];
        var form = await visitor.GetAsync(page.ToString(), cancellationToken);
        var answer = await visitor.SubmitAsync(form, cancellationToken, fields);
        return answer is not null && !answer.IsRefused;
    }

    public async Task<bool> IsSignedInAsync(Visitor visitor) =>
        (int)(await visitor.GetAsync(Pages.Account, cancellationToken)).Status == 200;

    /// <summary>The code of an account's authenticator, so many seconds from now.</summary>
    public string CodeOf(AttackAccount account, int seconds = 0) =>
        new Totp(Base32Encoding.ToBytes(account.TotpKey)).ComputeTotp(target.Now.AddSeconds(seconds).UtcDateTime);

    /// <summary>The code of a key at this moment.</summary>
    public string CodeOf(string key) => new Totp(Base32Encoding.ToBytes(key)).ComputeTotp(target.Now.UtcDateTime);

    /// <summary>The key that a page for a new authenticator app shows.</summary>
    public static string KeyOn(Answer page)
    {
        var key = Keys().Match(page.Body);
        Needs(key.Success, "no key for an authenticator app is shown");
        return key.Value.Replace(" ", "", StringComparison.Ordinal);
    }

    /// <summary>The page of the one authenticator app that somebody has.</summary>
    public async Task<Answer> AppPageAsync(Visitor owner)
    {
        var list = await owner.GetAsync(Pages.Security, cancellationToken);
        var link = list
            .Document.Links.Select(a => a.GetAttribute("href"))
            .FirstOrDefault(to => to?.StartsWith(Pages.AddAuthenticator + "/", StringComparison.Ordinal) == true);
        Needs(link is not null, "no page of an authenticator app is found");
        return await owner.GetAsync(link!, cancellationToken);
    }

    /// <summary>Makes a set of recovery codes.</summary>
    public async Task<List<string>> CreateRecoveryCodesAsync(Visitor owner)
    {
        var page = await owner.GetAsync(Pages.RecoveryCodes, cancellationToken);
        var made = await owner.SubmitAsync(page, cancellationToken);
        var codes = made is null ? [] : RecoveryCodes().Matches(made.Body).Select(m => m.Value).ToList();
        Needs(codes.Count > 0, "no recovery codes are shown");
        return codes;
    }

    /// <summary>A code that is not the account's now or nearby.</summary>
    public string WrongCodeOf(AttackAccount account)
    {
        var right = new[] { -60, -30, 0, 30, 60 }.Select(s => CodeOf(account, s)).ToHashSet();
        return Enumerable
            .Range(0, 10)
            .Select(i => string.Concat(Enumerable.Repeat(i, 6)))
            .First(code => !right.Contains(code));
    }

    /// <summary>What must hold; otherwise the attack has got through.</summary>
    public static void Must(bool holds, string orElse)
    {
        if (!holds)
        {
            throw new DefenceBrokenException(orElse);
        }
    }

    public static void Needs(bool there, string what)
    {
        if (!there)
        {
            throw new NotApplicableException(what);
        }
    }

    public void Dispose() => visitors.ForEach(v => v.Dispose());

    [GeneratedRegex(@"\b[A-Z2-7]{4}( [A-Z2-7]{4}){3,}( [A-Z2-7]{1,3})?\b")]
    private static partial Regex Keys();

    [GeneratedRegex(@"\b[0-9A-Za-z]{4}(-[0-9A-Za-z]{4}){2,}\b")]
    private static partial Regex RecoveryCodes();

    [GeneratedRegex(@"https?://[^\s""'<>\])]+")]
    private static partial Regex Links();

    [GeneratedRegex(@"[?&]token=([^&#\s]+)")]
    private static partial Regex Token();
}
