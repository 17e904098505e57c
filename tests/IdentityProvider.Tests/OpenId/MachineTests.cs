using System.Data.Common;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenIddict.EntityFrameworkCore.Models;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>Client credentials: self-contained tokens that cost neither rows nor password hashes.</summary>
public sealed class MachineTests
{
    [Fact]
    public async Task A_machines_token_costs_no_database_command_no_row_and_no_password_hash()
    {
        var commands = new Commands();
        await using var idp = await OpenIdHost.StartAsync(services: services =>
        {
            services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(commands));
            services.Replace(ServiceDescriptor.Singleton<IPasswordHasher<Account>, NoHasher>());
        });
        Dictionary<string, string> form = new() { ["grant_type"] = "client_credentials", ["scope"] = "orders" };
        var first = await idp.TokenAsync("machine", form);
        Assert.Equal(200, first.Status);
        var token = await idp.VerifyAsync(first.AccessToken, "orders-api");
        Assert.Equal("at+jwt", token.Typ);
        Assert.Equal("machine", token.Subject);
        Assert.Equal("orders", token.GetClaim("scope").Value);

        // Jobs of the host may read now and then; a command for each token would be a hundred.
        var before = commands.Count;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await idp.TokenAsync("machine", form)).Status);
        }

        Assert.InRange(commands.Count - before, 0, 60);
        await using var context = idp.Host.Database.OpenContext();
        Assert.False(
            await context.Set<OpenIddictEntityFrameworkCoreToken>().AnyAsync(TestContext.Current.CancellationToken)
        );
    }

    private sealed class Commands : DbCommandInterceptor
    {
        private int count;

        public int Count => count;

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default
        )
        {
            Interlocked.Increment(ref count);
            return new(result);
        }
    }

    private sealed class NoHasher : IPasswordHasher<Account>
    {
        public string HashPassword(Account user, string password) =>
            throw new InvalidOperationException("No password is hashed here.");

        public PasswordVerificationResult VerifyHashedPassword(
            Account user,
            string hashedPassword,
            string providedPassword
        ) => throw new InvalidOperationException("No password is hashed here.");
    }
}
