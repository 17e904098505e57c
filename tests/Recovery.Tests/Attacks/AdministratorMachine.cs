using System.Collections.Concurrent;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Ports;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;
using static Recovery.Tests.Attacks.AdministratorModel;

namespace Recovery.Tests.Attacks;

/// <summary>Plays stories of administrators against the plugin and its model at once.</summary>
internal sealed class AdministratorMachine : IAsyncDisposable
{
    private static readonly string MadeUp = new('A', Secrets.RecoveryCodeLength);

    private readonly RecoveryHost host;
    private readonly Inbox inbox;
    private readonly AdministratorProof proof;
    private bool undone;
    private int stories;
    private int passwords;

    private AdministratorMachine(RecoveryHost host, Inbox inbox, AdministratorProof proof) =>
        (this.host, this.inbox, this.proof) = (host, inbox, proof);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>How often which act had which end.</summary>
    public ConcurrentDictionary<string, int> Ends { get; } = [];

    private DateTimeOffset Now => host.Time.GetUtcNow();

    /// <summary>Starts a host, and a model that may expect another rule than the host's.</summary>
    public static async Task<AdministratorMachine> StartAsync(
        AdministratorProof proof,
        AdministratorProof? expected = null
    )
    {
        var inbox = new Inbox();
        var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            services =>
            {
                services.AddSingleton<IRecoveryMailer>(inbox);
                services.AddSingleton<IPasswordHasher<Account>, ResetMachine.PlainPasswords>();
            },
            ("AccountRecovery:AdministratorReset:Proof", proof.ToString()),
            ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
            ("AccountRecovery:PasswordReset:RequestsPerNetwork", "100000")
        );
        await host.CreateAccountAsync("first@example.test", administrator: true);
        return new(host, inbox, expected ?? proof);
    }

    /// <summary>Plays a story; throws at the first step where the plugin does what the model does not.</summary>
    public async Task PlayAsync(AdministratorStory story)
    {
        if (undone)
        {
            await host.DrainAsync();
            inbox.Mails.Clear();
        }

        undone = true;
        var model = new AdministratorModel(proof);
        var (ada, grace) = await JoinAsync();
        for (var i = 0; i < story.Steps.Count; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            var step = story.Steps[i];
            var (owner, other) = step.Grace ? (grace, ada) : (ada, grace);
            var (expected, actual) = await TakeAsync(model, step, owner, other);
            var place = $"at step {i + 1}, {step}, of {story}";
            if (await PasswordsAsync(ada, grace) != (ada.Password, grace.Password))
            {
                throw new PasswordOutOfOrderException($"{actual}, not {expected}, {place}");
            }

            if (expected != actual)
            {
                throw new UnexpectedEndException($"{actual}, not {expected}, {place}");
            }

            Ends.AddOrUpdate($"{step.Act}: {actual}", 1, (_, count) => count + 1);
        }

        // The notices of what was done are still to be mailed.
        undone = model.HasWaiting || model.Requests.Any(r => r.Ended is not null || r.Proofs > 0);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private async Task<(string Expected, string Actual)> TakeAsync(
        AdministratorModel model,
        AdministratorStep step,
        Administrator owner,
        Administrator other
    )
    {
        var all = model.Requests.Where(r => r.Owner == owner).ToList();
        var request = all.Count == 0 ? null : all[^(step.Choice % all.Count + 1)];
        switch (step.Act)
        {
            case AdministratorAct.Request:
                await host.RequestAsync(owner.Address, Audience.Administrator);
                model.Ask(owner, await NewestAsync(owner), Now);
                return ("", "");
            case AdministratorAct.Mail:
                return await MailAsync(model);
            case AdministratorAct.Open:
                return (model.Open(request), Say(await host.OpenAsync(request?.Token)));
            case AdministratorAct.ProveByCode:
                return await ProveByCodeAsync(model, request, owner);
            case AdministratorAct.ProveByOldCode:
                return await ProveAsync(model, request, new FactorProof.RecoveryCode(MadeUp));
            case AdministratorAct.ProveByApp:
                return await ProveAsync(
                    model,
                    request,
                    new FactorProof.Totp(owner.Phone.CodeAt(Now)),
                    right: TakeStep(model, request, owner)
                );
            case AdministratorAct.ProveByForeignCode:
                return await ProveAsync(
                    model,
                    request,
                    new FactorProof.RecoveryCode(other.Codes.FirstOrDefault() ?? MadeUp)
                );
            case AdministratorAct.Complete:
                return await CompleteAsync(model, request);
            case AdministratorAct.CompleteForged:
                var forged = step.Choice % 2 == 0 ? Secrets.NewToken() : request?.Asked?.Token;
                return ("Gone", Say(await host.CompleteAsync(forged, NewPassword())));
            case AdministratorAct.Approve:
                return (model.Approve(request, by: other), await ApproveAsync(request, by: other));
            case AdministratorAct.ApproveOwn:
                return (model.Approve(request, by: owner), await ApproveAsync(request, by: owner));
            case AdministratorAct.Stop:
                var stop = request?.Completed ?? request?.Asked;
                return (model.Stop(request, stop), await StopAsync(stop?.Token));
            case AdministratorAct.Wait:
                host.Time.Advance(TimeSpan.FromSeconds(30));
                return ("", "");
            case AdministratorAct.WaitLong:
                host.Time.Advance(TimeSpan.FromHours(25));
                model.Day++;
                return ("", "");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<(string, string)> MailAsync(AdministratorModel model)
    {
        var expected = model.Mail();
        await host.DrainAsync();
        var mailed = new List<Request>();
        foreach (var mail in inbox.Mails)
        {
            if (mail is RecoveryMail.PasswordResetLink link)
            {
                var request = model.Requests.Single(r => r.At == link.RequestedAt);
                request.Token = link.Link.Token();
                mailed.Add(request);
            }
            else if (mail is RecoveryMail.AdministratorResetPending pending)
            {
                var request = model.Requests.Single(r => r.At == pending.RequestedAt);
                request.Asked = new(pending.StopLink.Token(), model.Day, model.AskedDays);
            }
            else if (mail is RecoveryMail.AdministratorResetDone done)
            {
                var request = model.Requests.Single(r => r.CompletedAt == done.At);
                request.Completed = new(done.StopLink.Token(), request.CompletedOn, days: 2);
            }
        }

        inbox.Mails.Clear();

        // Whoever is mailed a link, or waits for one, is known to the other administrator.
        Assert.All(
            model.Requests.Where(r => r is { Known: true, Ended: null, Owner.Other.Closed: false }),
            r => Assert.NotNull(r.Asked)
        );
        return (Say(expected), Say(mailed));
    }

    private async Task<(string, string)> ProveByCodeAsync(
        AdministratorModel model,
        Request? request,
        Administrator owner
    )
    {
        var code = owner.Codes.FirstOrDefault();
        if (code is not null && model.WouldLook(request))
        {
            owner.Codes.RemoveAt(0);
        }

        return await ProveAsync(model, request, new FactorProof.RecoveryCode(code ?? MadeUp), right: code is not null);
    }

    // Each step of an app is taken once, and none of one that a reset has replaced.
    private bool TakeStep(AdministratorModel model, Request? request, Administrator owner)
    {
        var step = Now.ToUnixTimeSeconds() / 30;
        if (!owner.PhoneWorks || step <= owner.LastStep || !model.WouldLook(request))
        {
            return false;
        }

        owner.LastStep = step;
        return true;
    }

    private async Task<(string, string)> ProveAsync(
        AdministratorModel model,
        Request? request,
        FactorProof shown,
        bool right = false
    ) => (model.Prove(request, right), (await host.ProveAsync(request?.Token, shown)).GetType().Name);

    private async Task<(string, string)> CompleteAsync(AdministratorModel model, Request? request)
    {
        var password = NewPassword();
        var expected = model.Complete(request, password);
        var actual = Say(await host.CompleteAsync(request?.Token, password));
        if (actual == "Done")
        {
            // What a mailbox could have been used to enroll is gone with the password.
            (request!.CompletedAt, request.CompletedOn) = (Now, model.Day);
            var factors = (await host.FindAsync(request.Owner.Id)).Factors;
            Assert.Equal(new EnrolledFactors(0, 0, 0, TotpRequired: true), factors);
        }

        return (expected, actual);
    }

    private async Task<string> ApproveAsync(Request? request, Administrator by)
    {
        var approver = await host.FindAsync(by.Id);
        var end = await host.CallAsync<ApprovePasswordReset, ApprovedPasswordReset>(a =>
            a.RunAsync(
                request?.Id ?? Guid.Empty,
                new Actor(approver.Id, approver.Roles),
                RecoveryHost.Origin,
                Cancelled
            )
        );
        return end.GetType().Name;
    }

    private async Task<string> StopAsync(string? token)
    {
        var end = await host.CallAsync<StopPasswordReset, StoppedPasswordReset>(s =>
            s.RunAsync(token, RecoveryHost.Origin, Cancelled)
        );
        return end.GetType().Name;
    }

    // Two at a time: those of earlier stories hear of nothing any more.
    private Task<(Administrator, Administrator)> JoinAsync() =>
        host.InScopeAsync(async p =>
        {
            stories++;
            var context = p.GetRequiredService<IdpDbContext>();
            var role = await context.Roles.Select(r => r.Id).SingleAsync(Cancelled);
            await context.UserRoles.ExecuteDeleteAsync(Cancelled);
            var ada = Join(p, $"ada-{stories}@example.test", role);
            var grace = Join(p, $"grace-{stories}@example.test", role);
            (ada.Other, grace.Other) = (grace, ada);
            await context.SaveChangesAsync(Cancelled);
            return (ada, grace);
        });

    private Administrator Join(IServiceProvider services, string email, string role)
    {
        var context = services.GetRequiredService<IdpDbContext>();
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
        context.Add(account);
        context.Add(new IdentityUserRole<string> { UserId = account.Id, RoleId = role });
        var keys = services.GetRequiredService<TotpKeys>();
        var app = keys.Create(account.Id, Now, required: false);
        (app.Name, app.ConfirmedAt) = ("Phone", Now);
        context.Add(app);
        var joined = new Administrator(account.Id, address, new(keys.Read(app)!));
        for (var i = 0; i < 3; i++)
        {
            joined.Codes.Add(Secrets.NewRecoveryCode());
            context.Add(CreateRecoveryCodes.New(account.Id, joined.Codes[i], Now));
        }

        return joined;
    }

    private async Task<Guid> NewestAsync(Administrator owner)
    {
        await using var context = host.Database.OpenContext();
        var ids = await context
            .Set<ResetRequest>()
            .Where(r => r.Address == owner.Address)
            .Select(r => r.Id)
            .ToListAsync(Cancelled);
        return ids.MaxBy(id => id.ToString("n"), StringComparer.Ordinal);
    }

    private async Task<(string?, string?)> PasswordsAsync(Administrator ada, Administrator grace)
    {
        await using var context = host.Database.OpenContext();
        var hashes = await context
            .Users.Where(u => u.Id == ada.Id || u.Id == grace.Id)
            .ToDictionaryAsync(u => u.Id, u => u.PasswordHash, Cancelled);
        return (hashes[ada.Id], hashes[grace.Id]);
    }

    private string NewPassword() => $"{RecoveryHost.BetterPassword} {++passwords}";

    private static string Say(IEnumerable<Request> mailed) => string.Join(", ", mailed.Select(r => r.Id).Order());

    private static string Say(OpenedPasswordReset opened) =>
        opened is OpenedPasswordReset.Usable { FactorRequired: true }
            ? "Usable, asks for a factor"
            : opened.GetType().Name;

    private static string Say(CompletedPasswordReset end) => end.GetType().Name;

    private sealed class Inbox : IRecoveryMailer
    {
        public List<RecoveryMail> Mails { get; } = [];

        public Task SendAsync(RecoveryMail mail, string messageId, CancellationToken c)
        {
            Mails.Add(mail);
            return Task.CompletedTask;
        }
    }
}
