using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Console;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Console;

/// <summary>A host may call the roles that open the console what it likes.</summary>
public sealed class RoleNamesTests
{
    private static readonly (string, string)[] Settings =
    [
        ("AccountRecovery:Roles:Administrator", "Chiefs"),
        ("AccountRecovery:Roles:Auditor", "Administrator"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Who_is_in_the_hosts_role_may_what_its_name_here_allows(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Settings);
        var chief = await InRoleAsync(host, "chief@example.test", "Chiefs");
        var auditor = await InRoleAsync(host, "auditor@example.test", "Administrator");
        var nobody = await InRoleAsync(host, "nobody@example.test", "Auditor");

        Assert.Equal(["Chiefs", ConsoleRoles.Administrator], (await host.FindAsync(chief)).Roles);
        Assert.Equal([ConsoleRoles.Auditor], (await host.FindAsync(auditor)).Roles);
        Assert.Empty((await host.FindAsync(nobody)).Roles);
        Assert.Equal(Audience.Administrator, (await host.FindAsync(chief)).Audience);
        Assert.Equal(Audience.Administrator, (await host.FindAsync(auditor)).Audience);
        Assert.Equal(Audience.User, (await host.FindAsync(nobody)).Audience);
        var administrators = await host.CallAsync<IAccounts, IReadOnlyList<RecoverableAccount>>(a =>
            a.ListAdministratorsAsync(Cancelled)
        );
        Assert.Equal(chief, administrators.Single().Id);
        var listed = await host.CallAsync<IAccountDirectory, AccountPage>(d =>
            d.ListAsync(new() { Audience = Audience.Administrator }, AccountOrder.Email, null, 10, Cancelled)
        );
        Assert.Equal([auditor, chief], listed.Accounts.Select(a => a.Id));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_role_that_is_given_is_the_hosts(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, Settings);
        var ada = (await host.CreateAccountAsync()).Id;

        var changed = await host.CallAsync<ChangeRoles, RolesChanged>(c =>
            c.RunAsync(Actor.CommandLine, ada, [ConsoleRoles.Administrator], "new", Requester.None, Cancelled)
        );

        Assert.IsType<RolesChanged.Done>(changed);
        Assert.Equal("Chiefs", (await host.RowsAsync<IdentityRole>()).Single().Name);
        Assert.Equal(["Chiefs", ConsoleRoles.Administrator], (await host.FindAsync(ada)).Roles);
    }

    private static async Task<string> InRoleAsync(RecoveryHost host, string email, string role)
    {
        var made = await host.CreateAccountAsync(email);
        await host.InScopeAsync(async p =>
        {
            var users = p.GetRequiredService<UserManager<Account>>();
            await p.GetRequiredService<RoleManager<IdentityRole>>().CreateAsync(new(role));
            var added = await users.AddToRoleAsync((await users.FindByIdAsync(made.Id))!, role);
            Assert.True(added.Succeeded);
        });
        return made.Id;
    }
}
