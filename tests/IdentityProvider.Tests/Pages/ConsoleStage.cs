using IdentityProvider.Accounts;
using IdentityProvider.Clients;
using IdentityProvider.Tests.Mail;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Enrollment;
using IdP.Recovery.MfaReset;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Pages;

/// <summary>A host in which everything waits that a page of the console decides over, and somebody who visits it.</summary>
internal sealed class ConsoleStage : IAsyncDisposable
{
    private static readonly MfaResetOrder Order = new(ResetFactors.All, EnrollmentPeriod.Of(7), "lost");

    private readonly ProviderFixture host;
    private readonly Actor root;
    private readonly string me;
    private readonly string? role;
    private int people;

    private ConsoleStage(ProviderFixture host, string rootId, string me, string? role, TestBrowser browser)
    {
        this.host = host;
        root = new(rootId, [ConsoleRoles.Administrator]);
        this.me = me;
        this.role = role;
        Browser = browser;
    }

    /// <summary>The visitor's.</summary>
    public TestBrowser Browser { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Starts a host and lets somebody in.</summary>
    /// <param name="who">A role, <c>nobody</c> who is signed in, or <c>ordinary</c> without a role.</param>
    public static async Task<ConsoleStage> StartAsync(string who)
    {
        var host = await ConsoleHost.StartAsync(
            settings:
            [
                ("AccountRecovery:AdministratorReset:Proof", "Approval"),
                ("AccountRecovery:MfaReset:Approval", "Privileged"),
                ("AccountRecovery:PasswordReset:RequestsPerAddress", "1000"),
                ("AccountRecovery:PasswordReset:RequestsPerNetwork", "1000"),
            ],
            services: services => services.WithoutScheduler()
        );
        await host.DeclareClientsAsync(
            new ClientDeclaration
            {
                ClientId = "machine",
                Name = "A machine",
                GrantTypes = ["client_credentials"],
            }
        );
        var rootId = await host.InScopeAsync(async p =>
            (
                await p.GetRequiredService<IAccounts>()
                    .FindByAddressAsync(EmailAddress.Normalize(ConsoleHost.Root)!, Cancelled)
            )!.Id
        );
        var role = who is "nobody" or "ordinary" ? null : who;
        var email = $"{who}@example.test".ToLowerInvariant();
        var me = role is null or ConsoleRoles.Administrator
            ? (await host.CreateAccountAsync(email, administrator: role is not null)).Id
            : await host.CreateWithRoleAsync(email, role);
        await host.DrainAsync();
        var browser = who switch
        {
            "nobody" => host.NewBrowser(),
            "ordinary" => await host.EnterAsync(email, "/login"),
            _ => await host.EnterAsync(email),
        };
        return new(host, rootId, me, role, browser);
    }

    /// <summary>The pages and their handlers as the running host has them.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Everything that is kept, but for the row by which those wait for each other who count administrators.</summary>
    public Task<string> ReadAsync() => host.Database.ReadAsync(Cancelled, except: "AspNetRoles");

    /// <summary>The token that goes with every form of the visitor's.</summary>
    public async Task<string> FormTokenAsync() =>
        (await Browser.OpenAsync("/supported-browsers"))
            .Document.QuerySelector("input[name=__RequestVerificationToken]")!
            .GetAttribute("value")!;

    /// <summary>Brings about what a row needs; gives what stands for <c>ID</c>, <c>EMAIL</c> and <c>HAD</c>.</summary>
    /// <param name="target">On whom.</param>
    public async Task<(string Id, string Email, string Had)> ArrangeAsync(ConsoleRow row, ConsoleTarget target)
    {
        var account = await TargetAsync(target);
        var id = row.Before switch
        {
            "" => account.Id,
            "lock" => await SetAsync(account.Id, a => a.LockoutEnd = host.Time.GetUtcNow().AddHours(1)),
            // One's own suspension would end the session that is to be refused.
            "suspend" => target == ConsoleTarget.Oneself
                ? account.Id
                : await SetAsync(account.Id, a => a.SuspendedAt = host.Time.GetUtcNow()),
            "batch" or "stopped-batch" => await BatchAsync(row.Before, target),
            // An ordinary person's reset waits for nobody.
            "waiting-reset" or "waiting-mfa-reset" when target == ConsoleTarget.Oneself && role is null =>
                Guid.CreateVersion7(host.Time.GetUtcNow()).ToString(),
            "waiting-reset" => await WaitingResetAsync(account),
            "waiting-mfa-reset" => await WaitingMfaResetAsync(account),
            "given-up" => await GivenUpAsync(),
            "endpoint" or "binding" or "failed-receipt" => await EndpointAsync(row.Before),
            "consent" => await ConsentAsync(),
            "version" => await VersionAsync(),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var had = target switch
        {
            ConsoleTarget.Administrator => ConsoleRoles.Administrator,
            ConsoleTarget.Oneself => role ?? "",
            _ => "",
        };
        return (id, account.Email!, had);
    }

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await host.DisposeAsync();
    }

    private async Task<Account> TargetAsync(ConsoleTarget target)
    {
        if (target is ConsoleTarget.Person or ConsoleTarget.Administrator)
        {
            return await host.CreateAccountAsync(
                $"target-{++people}@example.test",
                password: null,
                administrator: target == ConsoleTarget.Administrator
            );
        }

        await using var context = host.Database.OpenContext();
        return await context.Users.AsNoTracking().SingleAsync(a => a.Id == me, Cancelled);
    }

    private async Task<string> SetAsync(string id, Action<Account> change)
    {
        await using var context = host.Database.OpenContext();
        change(await context.Users.SingleAsync(a => a.Id == id, Cancelled));
        await context.SaveChangesAsync(Cancelled);
        return id;
    }

    private async Task<string> BatchAsync(string state, ConsoleTarget whose)
    {
        // Whoever may not begin one is given one all the same, to be refused by it.
        var by = whose == ConsoleTarget.Oneself ? new Actor(me, [role ?? ConsoleRoles.HelpDesk]) : root;
        by = by.Roles.Contains(ConsoleRoles.Auditor) ? by with { Roles = root.Roles } : by;
        var person = await TargetAsync(ConsoleTarget.Person);
        return await host.InScopeAsync(async p =>
        {
            var many = p.GetRequiredService<ResetMfaOfMany>();
            var batch = Assert.IsType<StartedBatch.Started>(
                await many.StartAsync(by, [person.Id, "another"], Order, 0, Requester.None, Cancelled)
            );
            if (state == "stopped-batch")
            {
                Assert.True(await many.StopAsync(root, batch.BatchId, Requester.None, Cancelled));
            }

            return batch.BatchId.ToString();
        });
    }

    private async Task<string> WaitingResetAsync(Account account)
    {
        await host.InScopeAsync(p =>
            p.GetRequiredService<AskForPasswordReset>()
                .RunAsync(account.Email, Audience.Administrator, Requester.None, Cancelled)
        );
        await host.DrainAsync();
        await using var context = host.Database.OpenContext();
        return (
            await context
                .Set<ResetRequest>()
                .Where(r => r.Address == account.NormalizedEmail && r.VoidedAt == null && r.ApprovedAt == null)
                .ToListAsync(Cancelled)
        )
            .OrderBy(r => r.Id)
            .Last()
            .Id.ToString();
    }

    private async Task<string> WaitingMfaResetAsync(Account account)
    {
        await host.InScopeAsync(p =>
            p.GetRequiredService<ResetMfa>()
                .RunAsync(root, account.Id, Order with { Why = $"for the {++people}. time" }, Requester.None, Cancelled)
        );
        await using var context = host.Database.OpenContext();
        return (
            await context
                .Set<WaitingMfaReset>()
                .SingleAsync(w => w.AccountId == account.Id && w.DecidedAt == null, Cancelled)
        ).Id.ToString();
    }

    private async Task<string> EndpointAsync(string with)
    {
        var now = host.Time.GetUtcNow();
        var endpoint = new ServiceEndpoint
        {
            Id = Guid.CreateVersion7(now),
            Name = $"The {++people}. endpoint",
            Kind = "webhook",
            Follows = CredentialChanges.All,
            Settings = $$"""{"url":"https://127.0.0.1/","secret":"{{ForeignServices.Secret}}"}""",
            CreatedAt = now,
        };
        var binding = new EndpointBinding
        {
            Id = endpoint.Id,
            EndpointId = endpoint.Id,
            Role = "Staff",
            BoundAt = now,
        };
        await using var context = host.Database.OpenContext();
        context.Add(endpoint);
        if (with == "binding")
        {
            context.Add(binding);
        }
        else if (with == "failed-receipt")
        {
            context.Add(
                new Receipt
                {
                    Id = Guid.CreateVersion7(now),
                    EndpointId = endpoint.Id,
                    EndpointName = endpoint.Name,
                    AccountId = me,
                    Change = CredentialChanges.Locked,
                    CauseId = Guid.CreateVersion7(now),
                    CreatedAt = now,
                    State = ReceiptState.Failed,
                }
            );
        }

        await context.SaveChangesAsync(Cancelled);
        return endpoint.Id.ToString();
    }

    private async Task<string> GivenUpAsync()
    {
        var now = host.Time.GetUtcNow();
        var entry = new OutboxEntry
        {
            Id = Guid.CreateVersion7(now),
            Kind = "lockout.notice",
            Subject = Guid.CreateVersion7(host.Time.GetUtcNow()).ToString(),
            CreatedAt = now - TimeSpan.FromHours(27),
            DueAt = now + TimeSpan.FromHours(4),
            Attempts = 13,
            LastError = "SocketException",
            GivenUpAt = now - TimeSpan.FromHours(1),
        };
        await using var context = host.Database.OpenContext();
        context.Add(entry);
        await context.SaveChangesAsync(Cancelled);
        return entry.Id.ToString();
    }

    private Task<string> ConsentAsync() =>
        host.InScopeAsync(async p =>
        {
            var client = await p.GetRequiredService<IOpenIddictApplicationManager>()
                .FindByClientIdAsync("machine", Cancelled);
            await p.GetRequiredService<IOpenIddictAuthorizationManager>()
                .CreateAsync(
                    new OpenIddictAuthorizationDescriptor
                    {
                        ApplicationId = await p.GetRequiredService<IOpenIddictApplicationManager>()
                            .GetIdAsync(client!, Cancelled),
                        Status = OpenIddictConstants.Statuses.Valid,
                        Subject = me,
                        Type = OpenIddictConstants.AuthorizationTypes.Permanent,
                    },
                    Cancelled
                );
            return "";
        });

    private async Task<string> VersionAsync()
    {
        using var administrator = await host.EnterAsync();
        return (await administrator.GetAsync("/admin/applications/machine/secret"))
            .Document.QuerySelector("input[name=version]")!
            .GetAttribute("value")!;
    }
}
