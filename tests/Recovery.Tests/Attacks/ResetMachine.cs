using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Recovery.Tests.Factors.Passkeys;
using Tests.Support;
using Xunit;
using static Recovery.Tests.Attacks.ResetModel;

namespace Recovery.Tests.Attacks;

/// <summary>
/// Plays stories against the plugin and its model at once. A host serves many stories, each with people of its own.
/// </summary>
internal sealed class ResetMachine : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(59),
        TimeSpan.FromMinutes(61),
        TimeSpan.FromHours(25),
        TimeSpan.FromDays(8),
    ];

    private readonly RecoveryHost host;
    private readonly Inbox inbox;
    private readonly SoftAuthenticator passkeys;
    private readonly IdentityPasskeyData kept;
    private readonly SqliteConnection connection;
    private readonly SqliteCommand passwordsOf;
    private bool undone;
    private int stories;
    private int passwords;
    private int moves;

    private ResetMachine(RecoveryHost host, Inbox inbox, SoftAuthenticator passkeys, IdentityPasskeyData kept)
    {
        (this.host, this.inbox) = (host, inbox);
        (this.passkeys, this.kept) = (passkeys, kept);

        // A connection of its own: it is asked after every step, and shares nothing with what it judges.
        connection = new SqliteConnection(host.Database.ConnectionString);
        connection.Open();
        passwordsOf = connection.CreateCommand();
        passwordsOf.CommandText = """
            SELECT (SELECT "PasswordHash" FROM "AspNetUsers" WHERE "Id" = $ada),
                   (SELECT "PasswordHash" FROM "AspNetUsers" WHERE "Id" = $bob)
            """;
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>How often which act had which end.</summary>
    public ConcurrentDictionary<string, int> Ends { get; } = [];

    /// <summary>Whether only passwords are looked at, and not what each step says.</summary>
    public bool LooksAtPasswordsOnly { get; init; }

    private DateTimeOffset Now => host.Time.GetUtcNow();

    public static async Task<ResetMachine> StartAsync(Action<IServiceCollection>? weaken = null)
    {
        var inbox = new Inbox();
        var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            services =>
            {
                services.AddSingleton<IRecoveryMailer>(inbox);
                services.AddSingleton<IPasswordHasher<Account>, PlainPasswords>();
                weaken?.Invoke(services);
            },
            ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
            ("AccountRecovery:PasswordReset:RequestsPerNetwork", "1000"),
            ("AccountRecovery:Lockout:Failures", "100")
        );

        // Created once by the plugin; everybody's is a copy under an id of its own, which costs no ceremony.
        var (_, passkeys) = await host.EnrollAsync("passkey@example.test", p => (p.SignCount, p.CanSync) = (0, true));
        var kept = (await host.RowsAsync<IdentityUserPasskey<string>>()).Single().Data;
        return new(host, inbox, passkeys, kept) { LooksAtPasswordsOnly = weaken is not null };
    }

    /// <summary>Plays a story; throws at the first step where the plugin does what the model does not.</summary>
    public async Task PlayAsync(ResetStory story)
    {
        if (undone)
        {
            await host.DrainAsync();
            inbox.Empty();
        }

        undone = true;
        var (ada, bob) = await JoinAsync(story);
        var model = new ResetModel(ada, bob);
        var requester = new Requester($"10.{stories >> 16}.{(stories >> 8) & 255}.{stories & 255}", null);
        for (var i = 0; i < story.Steps.Count; i++)
        {
            host.Time.Advance(Tick);
            var step = story.Steps[i];
            var (who, other) = step.Bob ? (bob, ada) : (ada, bob);
            var whyGone = WhyGone(Chosen(who.Links, step.Choice));
            var (expected, actual) = await TakeAsync(model, step, who, other, requester);
            var place = $"at step {i + 1}, {step}, of {story}";
            if (await PasswordsAsync(ada, bob) != (ada.Password, bob.Password))
            {
                throw new PasswordOutOfOrderException($"{actual}, not {expected}, {place}");
            }

            if (expected != actual && !LooksAtPasswordsOnly)
            {
                throw new UnexpectedEndException($"{actual}, not {expected}, {place}");
            }

            var end =
                step.Act == ResetAct.Mail ? (actual.Length == 0 ? "nothing" : "something")
                : actual == "Gone" ? $"Gone, {whyGone}"
                : actual;
            Ends.AddOrUpdate($"{step.Act}: {end}", 1, (_, count) => count + 1);
        }

        undone = model.HasWaiting;
    }

    public async ValueTask DisposeAsync()
    {
        passkeys.Dispose();
        await passwordsOf.DisposeAsync();
        await connection.DisposeAsync();
        await host.DisposeAsync();
    }

    private async Task<(string Expected, string Actual)> TakeAsync(
        ResetModel model,
        ResetStep step,
        Person who,
        Person other,
        Requester requester
    )
    {
        var link = Chosen(who.Links, step.Choice);
        switch (step.Act)
        {
            case ResetAct.Request:
                return await RequestAsync(model, who.Address, administrator: false, requester);
            case ResetAct.RequestAsAdministrator:
                return await RequestAsync(model, who.Address, administrator: true, requester);
            case ResetAct.RequestByOldAddress:
                return await RequestAsync(model, who.OldAddress, administrator: false, requester);
            case ResetAct.Mail:
                return await MailAsync(model);
            case ResetAct.Open:
                return (Open(link, Now), Say(await host.OpenAsync(link?.Token)));
            case ResetAct.Prove:
                return await ProveAsync(link, who, who);
            case ResetAct.ProveWrong:
                return await ProveAsync(link, who, null);
            case ResetAct.ProveForeign:
                return await ProveAsync(link, who, other);
            case ResetAct.ProvePasskey:
                return await ProvePasskeyAsync(link, who, who);
            case ResetAct.ProveForeignPasskey:
                return await ProvePasskeyAsync(link, who, other);
            case ResetAct.ProveUsedPasskey:
                return await ShowAsync(link, who.Spent, who.SpentAt, holds: false);
            case ResetAct.Complete:
                return await CompleteAsync(model, link, NewPassword(), strong: true);
            case ResetAct.CompleteWeak:
                return await CompleteAsync(model, link, "password1", strong: false);
            case ResetAct.CompleteForged:
                var forged = Forge(link?.Token, who, step.Choice);
                return ("Gone", Say(await host.CompleteAsync(forged, NewPassword())));
            case ResetAct.Wait:
                host.Time.Advance(Waits[step.Choice]);
                return ("", "");
            case ResetAct.ChangeAddress or ResetAct.ChangeAddressOnly:
                await MoveAsync(who, replacesStamp: step.Act == ResetAct.ChangeAddress);
                return ("", "");
            case ResetAct.ChangePassword:
                return await ChangePasswordAsync(model, who, requester);
            case ResetAct.SignIn:
                return (Signed(!who.Closed), Signed(await host.SignsInAsync(who.Address, who.Password)));
            case ResetAct.SignInWithOld:
                return (Signed(false), Signed(await host.SignsInAsync(who.Address, who.OldPassword)));
            case ResetAct.NotMe:
                return await NotMeAsync(model, Chosen(who.Notices, step.Choice), requester);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<(string, string)> RequestAsync(
        ResetModel model,
        string address,
        bool administrator,
        Requester requester
    )
    {
        model.Request(address, administrator, Now);
        var answer = await host.RequestAsync(
            address,
            administrator ? Audience.Administrator : Audience.User,
            requester.Network!
        );
        return (nameof(PasswordResetAnswer.Taken), answer.GetType().Name);
    }

    private async Task<(string, string)> MailAsync(ResetModel model)
    {
        var expected = model.Mail(Now);
        await host.DrainAsync();
        var mails = inbox.Empty();
        foreach (var (mailed, mail) in expected.Zip(mails))
        {
            mailed.Token = mail.Token;
        }

        return (
            string.Join(", ", expected.Select(m => $"{m.GetType().Name} to {m.Owner.Address}")),
            string.Join(
                ", ",
                mails.Select(m =>
                    (m.Mail is RecoveryMail.PasswordChanged ? nameof(Notice) : nameof(Link))
                    + $" to {EmailAddress.Normalize(m.Mail.To.Address)}"
                )
            )
        );
    }

    private async Task<(string, string)> ProveAsync(Link? link, Person who, Person? whose)
    {
        // A code of one app is one of another's once in a while: it is not foreign then.
        var shown = whose?.Authenticator?.CodeAt(Now);
        var right = who.Authenticator?.CodeAt(Now);
        var before = who.Authenticator?.CodeAt(Now.AddSeconds(-30));
        var code =
            shown is not null && (whose == who || (shown != right && shown != before))
                ? shown
                : who.Authenticator?.WrongCodeAt(Now) ?? "000000";
        var step = whose == who && shown is not null ? Now.ToUnixTimeSeconds() / 30 : (long?)null;
        return (Prove(link, step, Now), Say(await host.ProveAsync(link?.Token, new FactorProof.Totp(code))));
    }

    private async Task<(string, string)> ProvePasskeyAsync(Link? link, Person who, Person whose)
    {
        if (who.Passkey is null || whose.Passkey is null)
        {
            return await ShowAsync(link, new(null, null, null), null, holds: false);
        }

        (passkeys.CredentialId, passkeys.UserHandle) = (whose.Passkey, Encoding.UTF8.GetBytes(whose.Id));
        var ceremony = await host.BeginUseAsync(await host.FindAsync(who.Id));
        var proof = PasskeyHost.Proof(ceremony, passkeys.Use(ceremony.OptionsJson));
        if (who == whose && link?.Lives(Now) == true && link.AsksForProof)
        {
            (who.Spent, who.SpentAt) = (proof, Now);
        }

        return await ShowAsync(link, proof, Now, holds: who == whose);
    }

    private async Task<(string, string)> ShowAsync(
        Link? link,
        FactorProof.Passkey proof,
        DateTimeOffset? askedAt,
        bool holds
    ) => (Prove(link, askedAt, holds, Now), Say(await host.ProveAsync(link?.Token, proof)));

    private async Task<(string, string)> CompleteAsync(ResetModel model, Link? link, string password, bool strong) =>
        (model.Complete(link, password, strong, Now), Say(await host.CompleteAsync(link?.Token, password)));

    private async Task<(string, string)> ChangePasswordAsync(ResetModel model, Person who, Requester requester)
    {
        var (current, password) = (who.Password, NewPassword());
        var expected = model.ChangePassword(who, password, Now);
        var end = await host.CallAsync<ChangePassword, ChangedPassword>(c =>
            c.RunAsync(who.Id, "no session", current, password, requester, Cancelled)
        );
        return (expected, end.GetType().Name);
    }

    private async Task<(string, string)> NotMeAsync(ResetModel model, Notice? notice, Requester requester) =>
        (
            model.NotMe(notice, Now).ToString(),
            (await host.CallAsync<ReportNotMe, bool>(r => r.RunAsync(notice?.Token, requester, Cancelled))).ToString()
        );

    private Task<(Person Ada, Person Bob)> JoinAsync(ResetStory story) =>
        host.InScopeAsync(async p =>
        {
            stories++;
            var ada = Join(p, $"ada-{stories}@example.test", story.AdaHasFactor);
            var bob = Join(p, $"bob-{stories}@example.test", story.BobHasFactor);
            await p.GetRequiredService<IdpDbContext>().SaveChangesAsync(Cancelled);
            return (ada, bob);
        });

    private Person Join(IServiceProvider services, string email, bool hasFactor)
    {
        var address = EmailAddress.Normalize(email)!;
        var account = new Account
        {
            UserName = email,
            NormalizedUserName = address,
            Email = email,
            NormalizedEmail = address,
            EmailConfirmed = true,
            SecurityStamp = Secrets.NewToken(),
            PasswordHash = RecoveryHost.GoodPassword,
            CreatedAt = Now,
            UpdatedAt = Now,
        };
        var context = services.GetRequiredService<IdpDbContext>();
        context.Add(account);
        if (!hasFactor)
        {
            return new Person(account.Id, address, authenticator: null, passkey: null);
        }

        var keys = services.GetRequiredService<TotpKeys>();
        var authenticator = keys.Create(account.Id, Now, required: false);
        (authenticator.Name, authenticator.ConfirmedAt) = ("Phone", Now);
        context.Add(authenticator);
        var passkey = RandomNumberGenerator.GetBytes(16);
        context.Add(
            new IdentityUserPasskey<string>
            {
                UserId = account.Id,
                CredentialId = passkey,
                Data = Copy(kept),
            }
        );
        return new Person(account.Id, address, new(keys.Read(authenticator)!), passkey);
    }

    private static IdentityPasskeyData Copy(IdentityPasskeyData data) =>
        JsonSerializer.Deserialize<IdentityPasskeyData>(JsonSerializer.Serialize(data))!;

    // No slice of the plugin does this: a host may do it well or badly.
    private async Task MoveAsync(Person who, bool replacesStamp)
    {
        ChangeAddress(who, EmailAddress.Normalize($"moved-{++moves}@example.test")!, replacesStamp);
        var stamp = Secrets.NewToken();
        await host.InScopeAsync(p =>
            p.GetRequiredService<IdpDbContext>()
                .Set<Account>()
                .Where(a => a.Id == who.Id)
                .ExecuteUpdateAsync(
                    set =>
                        set.SetProperty(a => a.Email, who.Address)
                            .SetProperty(a => a.NormalizedEmail, who.Address)
                            .SetProperty(a => a.SecurityStamp, a => replacesStamp ? stamp : a.SecurityStamp),
                    Cancelled
                )
        );
    }

    private async Task<(string, string)> PasswordsAsync(Person ada, Person bob)
    {
        passwordsOf.Parameters.Clear();
        passwordsOf.Parameters.AddWithValue("$ada", ada.Id);
        passwordsOf.Parameters.AddWithValue("$bob", bob.Id);
        await using var reader = await passwordsOf.ExecuteReaderAsync(Cancelled);
        await reader.ReadAsync(Cancelled);
        return (reader.GetString(0), reader.GetString(1));
    }

    private string NewPassword() => $"{RecoveryHost.BetterPassword} {++passwords}";

    private string WhyGone(Link? link) => link is null ? "no link" : link.WhyGone(Now) ?? "too many proofs now";

    private static string? Forge(string? token, Person who, int choice) =>
        choice switch
        {
            0 => null,
            1 => Secrets.NewToken(),
            2 => who.Id,
            3 => token?[..^1],
            _ => who.Notices.LastOrDefault()?.Token ?? "",
        };

    private static T? Chosen<T>(List<T> of, int choice) => of.Count == 0 ? default : of[^(choice % of.Count + 1)];

    private static string Say(OpenedPasswordReset opened) =>
        opened is OpenedPasswordReset.Usable { FactorRequired: true }
            ? "Usable, asks for a factor"
            : opened.GetType().Name;

    private static string Say(ProvedPasswordReset end) =>
        end is ProvedPasswordReset.Refused(var left) ? $"Refused, {left} left" : end.GetType().Name;

    private static string Say(CompletedPasswordReset end) => end.GetType().Name;

    private static string Signed(bool signedIn) => signedIn ? "SignedIn" : "Refused";

    // Hashing is tried elsewhere, and here it would be most of the time.
    internal sealed class PlainPasswords : IPasswordHasher<Account>
    {
        public string HashPassword(Account user, string password) => password;

        public PasswordVerificationResult VerifyHashedPassword(
            Account user,
            string hashedPassword,
            string providedPassword
        ) =>
            hashedPassword == providedPassword ? PasswordVerificationResult.Success : PasswordVerificationResult.Failed;
    }

    private sealed class Inbox : IRecoveryMailer
    {
        private readonly List<SentMail> mails = [];

        public Task SendAsync(RecoveryMail mail, string messageId, CancellationToken cancellationToken)
        {
            if (mail is RecoveryMail.PasswordResetLink or RecoveryMail.PasswordChanged)
            {
                mails.Add(new(mail, messageId));
            }

            return Task.CompletedTask;
        }

        public IReadOnlyList<SentMail> Empty()
        {
            SentMail[] all = [.. mails];
            mails.Clear();
            return all;
        }
    }
}

/// <summary>A password was set without its proofs, or not set with them.</summary>
internal sealed class PasswordOutOfOrderException(string message) : Exception(message);

/// <summary>A step ended in another way than the model's.</summary>
internal sealed class UnexpectedEndException(string message) : Exception(message);
