using System.Data.Common;
using IdentityProvider.Data;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.OpenId;

/// <summary>A code or refresh token is spent together with what it is given for it, or not at all.</summary>
public sealed class ExchangeTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_refresh_that_the_database_loses_halfway_can_be_tried_again(DatabaseProvider provider)
    {
        var loses = new LosesOneToken();
        await using var idp = await OpenIdHost.StartAsync(
            provider,
            services: s =>
            {
                s.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(loses));
                s.ConfigureDbContext<PostgreSqlIdpDbContext>(o => o.AddInterceptors(loses));
            }
        );
        await idp.Host.CreateAccountAsync();
        using var browser = await idp.SignedInAsync();
        var tokens = await idp.TokensAsync(browser, new() { Scope = "openid offline_access" });

        loses.Next = true;
        var lost = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(500, lost.Status);
        Assert.False(loses.Next);

        var again = await idp.RefreshAsync("app", tokens.RefreshToken);
        Assert.Equal(200, again.Status);
        Assert.Equal(200, (await idp.RefreshAsync("app", again.RefreshToken)).Status);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(400, (await idp.RefreshAsync("app", tokens.RefreshToken)).Status);
    }

    private sealed class LosesOneToken : DbCommandInterceptor
    {
        public bool Next { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default
        )
        {
            Lose(command);
            return base.ReaderExecutingAsync(command, eventData, result, cancellationToken);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default
        )
        {
            Lose(command);
            return base.NonQueryExecutingAsync(command, eventData, result, cancellationToken);
        }

        private void Lose(DbCommand command)
        {
            if (Next && command.CommandText.Contains("INSERT INTO \"OpenIddictTokens\"", StringComparison.Ordinal))
            {
                Next = false;
                throw new InvalidOperationException("The database is gone.");
            }
        }
    }
}
