using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Sessions;
using IdentityProvider.Tests.CommandLine;
using IdentityProvider.Tests.Mail;
using IdentityProvider.Tests.Pages;
using IdP.Recovery;
using IdP.Recovery.AttackKit;
using IdP.Recovery.Console;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Lockout;
using IdP.Recovery.PasswordReset;
using IdP.UI.Mail;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;

namespace IdentityProvider.Tests.Attacks;

/// <summary>This host as the kit sees it: one node or two on one database, under a clock that can be moved.</summary>
internal sealed class ProviderTarget : AttackTarget, IAsyncDisposable
{
    // All of this comes from one address, and as fast as it can.
    private static readonly (string Name, string Value)[] Raised =
    [
        ("AccountRecovery:PasswordReset:RequestsPerNetwork", "100000"),
        ("AccountRecovery:Hashing:Waiting", "256"),
    ];

    private readonly ProviderFixture[] nodes;
    private readonly SmtpServer? mailServer;
    private readonly Dictionary<string, int> mailedBefore = [];
    private ProviderProcess? process;
    private (string Name, string Value)[] settings = [];

    private ProviderTarget(params ProviderFixture[] nodes) => this.nodes = nodes;

    private ProviderTarget(ProviderFixture node, ProviderProcess process, SmtpServer mailServer)
    {
        nodes = [node];
        this.process = process;
        this.mailServer = mailServer;
    }

    public override IReadOnlyList<Uri> Nodes =>
        [.. nodes.Select(n => n.Origin), .. process is null ? [] : new[] { process.Address }];

    public override Uri Origin => nodes[0].Origin;

    public override DateTimeOffset Now => nodes[0].Services.GetRequiredService<TimeProvider>().GetUtcNow();

    public override bool CanAdvance => process is null;

    public override bool CanAge => true;

    public override bool CanRestart => true;

    public override bool CanLoseMail => true;

    public override bool HasHelpDesk => true;

    public override TargetApplication? Application { get; } = new("attacked", new Uri("http://127.0.0.1/callback"));

    public static async Task<ProviderTarget> StartAsync(
        DatabaseProvider provider,
        int count = 1,
        IEnumerable<(string Name, string Value)>? settings = null,
        Action<IServiceCollection>? services = null
    )
    {
        (string, string)[] all = [.. Raised, .. settings ?? []];
        var first = await ProviderFixture.StartAsync(provider, all, services: services);
        var target =
            count == 1
                ? new ProviderTarget(first)
                : new ProviderTarget(
                    first,
                    await ProviderFixture.StartAsync(provider, all, services: services, besides: first)
                );
        await DeclareAsync(first);
        return target;
    }

    /// <summary>
    /// A second node that is a process of its own; both have the real clock then, and one mail server, which says what
    /// came first.
    /// </summary>
    public static async Task<ProviderTarget> StartWithProcessAsync(DatabaseProvider provider)
    {
        var mailServer = await SmtpServer.StartAsync();
        (string Name, string Value)[] settings =
        [
            .. Raised,
            ("Mail:Host", "127.0.0.1"),
            ("Mail:Port", $"{mailServer.Port}"),
            ("Mail:Security", "None"),
            ("Mail:From", "no-reply@example.test"),
        ];
        var first = await ProviderFixture.StartAsync(
            provider,
            settings,
            ownMail: true,
            realTime: true,
            services: services => services.WithoutScheduler()
        );
        var process = StartProcess(first, settings);
        await process.ReadyAsync();

        // Order: a node that starts takes away what its own file does not declare.
        await DeclareAsync(first);
        return new(first, process, mailServer) { settings = settings };
    }

    private static ProviderProcess StartProcess(
        ProviderFixture besides,
        (string Name, string Value)[] settings,
        Uri? at = null
    ) =>
        ProviderProcess.Start(
            besides.Database,
            at ?? new Uri($"http://localhost:{ProviderFixture.FreePort()}"),
            besides.Origin,
            settings
        );

    public override async Task<AttackAccount> CreateAccountAsync(AccountWish wish, CancellationToken cancellationToken)
    {
        var account = await nodes[0].CreateAccountAsync(wish.Email, wish.Password, wish.Administrator);
        if (wish.HelpDesk)
        {
            await nodes[0].GiveRoleAsync(account.Id, ConsoleRoles.HelpDesk);
        }

        var phone = wish.Totp ? await nodes[0].InScopeAsync(p => Authenticator.EnrollAsync(p, account.Id, Now)) : null;

        // Mails that tell of the account's making are none of an attack's business.
        await nodes[0].DrainAsync();
        mailedBefore[wish.Email] = (await AllMailsAsync(wish.Email)).Count;
        return new AttackAccount(wish.Email, wish.Password, phone?.Key, account.Id);
    }

    public override async Task<IReadOnlyList<string>> ReadMailsAsync(
        string address,
        CancellationToken cancellationToken
    ) => [.. (await AllMailsAsync(address)).Skip(mailedBefore.GetValueOrDefault(address))];

    private async Task<List<string>> AllMailsAsync(string address)
    {
        if (mailServer is not null)
        {
            return
            [
                .. mailServer.Received.Where(m => m.To.Mailboxes.Single().Address == address).Select(m => m.TextBody!),
            ];
        }

        var texts = new List<string>();
        foreach (var sent in nodes.SelectMany(n => n.Mails.Sent).Where(m => m.Mail.To.Address == address))
        {
            var mail = await nodes[0].Services.GetRequiredService<MailRenderer>().RenderAsync(sent.Mail);
            texts.Add(mail.Text);
        }

        return texts;
    }

    /// <summary>The process is killed, as by a crash; the others end as they do when they are told to.</summary>
    public override async Task RestartAsync(CancellationToken cancellationToken)
    {
        if (process is not null)
        {
            await process.KillAsync();
        }

        foreach (var node in nodes)
        {
            await node.StopAsync();
        }

        foreach (var node in nodes)
        {
            await node.StartAgainAsync();
        }

        if (process is not null)
        {
            var address = process.Address;
            process.Dispose();
            process = StartProcess(nodes[0], settings, address);
            await process.ReadyAsync();
        }

        await DeclareAsync(nodes[0]);
    }

    public override async Task MeetMailAsync(TargetMail how, CancellationToken cancellationToken)
    {
        if (mailServer is not null)
        {
            await mailServer.BehaveAsync(
                how switch
                {
                    TargetMail.Refused => SmtpMode.Defer,
                    TargetMail.Unanswered => SmtpMode.Lose,
                    _ => SmtpMode.Accept,
                }
            );
        }

        foreach (var node in nodes)
        {
            node.Mails.Accepting = _ => FailIf(how == TargetMail.Refused);
            node.Mails.Answering = _ => FailIf(how == TargetMail.Unanswered);
        }

        if (how != TargetMail.Accepted)
        {
            return;
        }

        if (CanAdvance)
        {
            await AdvanceAsync(TimeSpan.FromMinutes(1), cancellationToken);
            return;
        }

        await using var context = nodes[0].Database.OpenContext();
        await context
            .Set<OutboxEntry>()
            .Where(e => e.DoneAt == null && e.GivenUpAt == null && e.LastError != null)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.DueAt, Now), cancellationToken);
    }

    private static void FailIf(bool fails)
    {
        if (fails)
        {
            throw new IOException("The mail server is away.");
        }
    }

    public override Task WorkAsync(CancellationToken cancellationToken) => nodes[0].DrainAsync();

    public override Task AdvanceAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        nodes[0].Time.Advance(time);
        return Task.CompletedTask;
    }

    // Where the clock is the real one, the account's rows grow older instead.
    public override async Task AgeAsync(AttackAccount account, TimeSpan time, CancellationToken cancellationToken)
    {
        if (CanAdvance)
        {
            await AdvanceAsync(time, cancellationToken);
            return;
        }

        await using var context = nodes[0].Database.OpenContext();
        var id = await context
            .Users.Where(a => a.Email == account.Email)
            .Select(a => a.Id)
            .SingleAsync(cancellationToken);
        foreach (
            var session in await context.Set<Session>().Where(s => s.AccountId == id).ToListAsync(cancellationToken)
        )
        {
            session.ProvedAt -= time;
        }

        foreach (
            var app in await context
                .Set<TotpAuthenticator>()
                .Where(t => t.AccountId == id)
                .ToListAsync(cancellationToken)
        )
        {
            app.LastStep -= (long)(time / TimeSpan.FromSeconds(30));
        }

        foreach (
            var count in await context.Set<FailureCount>().Where(c => c.AccountId == id).ToListAsync(cancellationToken)
        )
        {
            count.LockedUntil -= time;
        }

        foreach (
            var request in await context
                .Set<ResetRequest>()
                .Where(r => r.AccountId == id)
                .ToListAsync(cancellationToken)
        )
        {
            request.ExpiresAt -= time;
        }

        await context.SaveChangesAsync(cancellationToken);
    }

    private static Task DeclareAsync(ProviderFixture node) =>
        node.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = "attacked",
                Name = "An application",
                Type = ClientKind.Public,
                RedirectUris = ["http://127.0.0.1/callback"],
                GrantTypes = ["authorization_code", "refresh_token"],
                Scopes = ["openid", "offline_access"],
            }
        );

    public override Task<bool> ChangeAddressAsync(
        AttackAccount account,
        string address,
        CancellationToken cancellationToken
    ) =>
        nodes[0]
            .InScopeAsync(async p =>
                await p.GetRequiredService<IdpDbContext>()
                    .Set<Account>()
                    .Where(a => a.Email == account.Email)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(a => a.Email, address)
                                .SetProperty(a => a.NormalizedEmail, IdP.Recovery.EmailAddress.Normalize(address)),
                        cancellationToken
                    ) == 1
            );

    public override async Task<string?> ReadDatabaseAsync(CancellationToken cancellationToken) =>
        await nodes[0].Database.ReadAsync(cancellationToken);

    /// <summary>Reset requests that no limit held.</summary>
    public async Task<int> CountRequestsAsync()
    {
        await using var context = nodes[0].Database.OpenContext();
        return await context.Set<ResetRequest>().CountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        process?.Dispose();

        foreach (var node in nodes.Reverse())
        {
            await node.DisposeAsync();
        }

        if (mailServer is not null)
        {
            await mailServer.DisposeAsync();
        }
    }
}
