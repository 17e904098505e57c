using IdentityProvider.Data;
using IdP.Recovery.Endpoints;
using IdP.Recovery.SignIn;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>
/// A new password that a service must be given is encrypted in one row, for an hour at most, and nowhere else; after
/// that the person's next sign-in delivers it.
/// </summary>
public sealed class PasswordAtRestTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_password_is_nowhere_in_the_database_nor_in_the_log(DatabaseProvider provider)
    {
        var log = new KeptLog();
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service) + log.Keep);
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync(
            [ada.Id],
            values: [("takesPassword", "true"), ("key", "a-secret-of-the-endpoint")]
        );
        await host.ResetAsync();
        await host.DrainAsync();
        Assert.NotNull((await host.ReceiptAsync()).ProtectedPassword);
        foreach (var secret in new[] { RecoveryHost.BetterPassword, "a-secret-of-the-endpoint" })
        {
            Assert.Empty(await WhereAsync(host, secret));
            Assert.DoesNotContain(log.Lines, l => l.Contains(secret, StringComparison.Ordinal));
        }

        // The search finds what is there.
        Assert.NotEmpty(await WhereAsync(host, Ada));
        if (provider == DatabaseProvider.Sqlite)
        {
            // What was written over is in the file still.
            var file = new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(
                host.Database.ConnectionString
            ).DataSource;
            Assert.True(await HoldsAsync(file, Ada));
            Assert.False(await HoldsAsync(file, RecoveryHost.BetterPassword));
        }

        service.Answers(new DeliveryOutcome.Sent());
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        var receipt = await host.ReceiptAsync();
        Assert.Equal(
            (ReceiptState.Sent, null, null),
            (receipt.State, receipt.ProtectedPassword, receipt.PasswordUntil)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task After_an_hour_it_is_erased_and_the_next_sign_in_delivers_it(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        service.Answers(new DeliveryOutcome.NotYet(DeliveryFlaw.Unreachable));
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromMinutes(59));
        await EraseAsync(host);
        Assert.NotNull((await host.ReceiptAsync()).ProtectedPassword);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        await EraseAsync(host);
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.WaitsForSignIn, null), (receipt.State, receipt.ProtectedPassword));

        service.Answers(new DeliveryOutcome.Applied());
        service.Delivered.Clear();
        await host.DrainAsync();
        Assert.IsType<PasswordSignIn.Refused>(await host.SignInAsync(new Jar(), Ada, "wrong"));
        await host.DrainAsync();
        Assert.Empty(service.Delivered);
        Assert.IsType<PasswordSignIn.SignedIn>(await host.SignInAsync(new Jar(), Ada, RecoveryHost.BetterPassword));
        await host.DrainAsync();
        Assert.Equal(RecoveryHost.BetterPassword, Assert.Single(service.Delivered).Password);
        Assert.Equal(ReceiptState.Applied, (await host.ReceiptAsync()).State);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_late_worker_does_not_use_a_password_that_is_over(DatabaseProvider provider)
    {
        var service = new ScriptedService();
        await using var host = await RecoveryHost.StartAsync(provider, EndpointSteps.With(service));
        var ada = await host.CreateAccountAsync(Ada);
        await host.CreateEndpointAsync([ada.Id], values: ("takesPassword", "true"));
        await host.ResetAsync();
        host.Time.Advance(TimeSpan.FromMinutes(61));
        await host.DrainAsync();
        Assert.Empty(service.Delivered);
        var receipt = await host.ReceiptAsync();
        Assert.Equal((ReceiptState.WaitsForSignIn, null), (receipt.State, receipt.ProtectedPassword));
    }

    private static Task EraseAsync(RecoveryHost host) =>
        host.InScopeAsync(p => p.GetRequiredService<DeliverWaiting>().EraseAsync(Cancelled));

    private static async Task<bool> HoldsAsync(string file, string text)
    {
        foreach (var part in new[] { file, file + "-wal" }.Where(File.Exists))
        {
            await using var opened = new FileStream(part, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[opened.Length];
            await opened.ReadExactlyAsync(bytes, Cancelled);
            if (bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    // Every column of every table, as text.
    private static async Task<List<string>> WhereAsync(RecoveryHost host, string text)
    {
        var found = new List<string>();
        await using var context = host.Database.OpenContext();
        foreach (var table in context.Model.GetEntityTypes().Select(e => e.GetTableName()).OfType<string>().Distinct())
        {
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table}\"";
            await context.Database.OpenConnectionAsync(Cancelled);
            await using var reader = await command.ExecuteReaderAsync(Cancelled);
            while (await reader.ReadAsync(Cancelled))
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    var value = reader.GetValue(i) is byte[] bytes
                        ? System.Text.Encoding.UTF8.GetString(bytes)
                        : reader.GetValue(i).ToString();
                    if (value!.Contains(text, StringComparison.Ordinal))
                    {
                        found.Add($"{table}.{reader.GetName(i)}");
                    }
                }
            }
        }

        return found;
    }
}
