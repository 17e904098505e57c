using System.Collections;
using System.Text;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.PasswordReset;

/// <summary>Step 2: the mail comes once it can, always with the same link, and the token rests nowhere in clear.</summary>
public sealed class SendTests
{
    private const string Ada = "ada@example.test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mail_that_was_refused_is_sent_again_with_the_same_link_and_message_id(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var refused = new List<SentMail>();
        host.Mails.Accepting = mail =>
        {
            refused.Add(mail);
            throw new IOException("The mail server is away.");
        };

        await host.RequestAsync(Ada);
        await host.DrainAsync();
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        host.Mails.Accepting = _ => { };
        host.Time.Advance(TimeSpan.FromSeconds(30));
        await host.DrainAsync();

        var accepted = Assert.Single(host.Mails.Sent);
        Assert.Equal(2, refused.Count);
        Assert.All(refused, mail => Assert.Equal(accepted.Token, mail.Token));
        Assert.All(refused, mail => Assert.Equal(accepted.MessageId, mail.MessageId));
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(accepted.Token));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_protected_token_is_gone_once_the_mail_is_accepted(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        host.Mails.Accepting = _ => throw new IOException();
        await host.RequestAsync(Ada);
        await host.DrainAsync();
        Assert.NotNull(Assert.Single(await host.RowsAsync<ResetRequest>()).ProtectedToken);

        host.Mails.Accepting = _ => { };
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();

        var row = Assert.Single(await host.RowsAsync<ResetRequest>());
        Assert.Null(row.ProtectedToken);
        Assert.Equal(Secrets.Hash(Assert.Single(host.Mails.Sent).Token), row.TokenHash);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_process_killed_between_the_commit_and_the_mail_loses_neither_mail_nor_link(
        DatabaseProvider provider
    )
    {
        await using var killed = await RecoveryHost.StartAsync(provider);
        await killed.CreateAccountAsync(Ada);
        await killed.RequestAsync(Ada);
        Assert.Equal(1, killed.Jobs.Announced);
        Assert.Empty(killed.Mails.Sent);

        await using var next = killed.StartAnother();
        await next.DrainAsync();

        var mail = Assert.Single(next.Mails.Sent);
        Assert.IsType<CompletedPasswordReset.Done>(await next.CompleteAsync(mail.Token));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_process_stopped_while_it_mails_sends_the_same_link_from_the_next_one_at_once(
        DatabaseProvider provider
    )
    {
        await using var killed = await RecoveryHost.StartAsync(provider);
        await killed.CreateAccountAsync(Ada);
        using var death = new CancellationTokenSource();
        SentMail? half = null;
        killed.Mails.Accepting = mail =>
        {
            half = mail;
            death.Cancel();
            death.Token.ThrowIfCancellationRequested();
        };
        await killed.RequestAsync(Ada);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            killed.InScopeAsync(p => DueWork.RunAsync(p, death.Token))
        );

        await using var next = killed.StartAnother();
        await next.DrainAsync();

        var mail = Assert.Single(next.Mails.Sent);
        Assert.Equal(half!.Token, mail.Token);
        Assert.Equal(half.MessageId, mail.MessageId);
        Assert.IsType<CompletedPasswordReset.Done>(await next.CompleteAsync(mail.Token));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Many_workers_on_one_entry_send_one_mail(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);

        await AtOnce.RunAsync(
            8,
            async _ =>
            {
                await host.DrainAsync();
                return true;
            }
        );

        Assert.Single(host.Mails.Sent);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task While_one_worker_holds_an_entry_another_leaves_it_alone(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await using var other = host.StartAnother();
        await host.RequestAsync(Ada);
        var entry = Assert.Single(await host.RowsAsync<OutboxEntry>());
        host.Mails.Delivering = _ =>
            other.CallAsync<OutboxRunner, bool>(async r =>
            {
                await r.RunAsync(entry.Id, Cancelled);
                return true;
            });

        await host.DrainAsync();

        Assert.Single(host.Mails.Sent);
        Assert.Empty(other.Mails.Sent);
        Assert.Equal(1, Assert.Single(await host.RowsAsync<OutboxEntry>()).Attempts);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_mail_accepted_more_than_a_day_late_is_not_sent(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);

        host.Time.Advance(TimeSpan.FromHours(24));
        await host.DrainAsync();

        Assert.Empty(host.Mails.Sent);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_older_request_that_is_late_does_not_replace_a_newer_link(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        await host.RequestAsync(Ada);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        await host.RequestAsync(Ada);
        var newest = (await host.RowsAsync<OutboxEntry>()).MaxBy(e => e.CreatedAt)!;
        await host.CallAsync<OutboxRunner, bool>(async r =>
        {
            await r.RunAsync(newest.Id, Cancelled);
            return true;
        });
        var newer = Assert.Single(host.Mails.Sent).Token;

        await host.DrainAsync();

        Assert.Single(host.Mails.Sent);
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(newer));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task No_token_rests_in_clear_in_any_column_of_any_table_before_or_after_its_mail(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.CreateAccountAsync(Ada);
        var tokens = new HashSet<string>();
        host.Mails.Accepting = mail =>
        {
            tokens.Add(mail.Token);
            throw new IOException();
        };
        await host.RequestAsync(Ada);
        await host.DrainAsync();
        await AssertNowhereAsync();

        host.Mails.Accepting = mail => tokens.Add(mail.Token);
        host.Time.Advance(TimeSpan.FromSeconds(10));
        await host.DrainAsync();
        await AssertNowhereAsync();

        await host.CompleteAsync(tokens.Single());
        await host.DrainAsync();
        Assert.Equal(2, tokens.Count);
        await AssertNowhereAsync();

        async Task AssertNowhereAsync()
        {
            Assert.NotEmpty(tokens);
            var values = await AllValuesAsync(host.Database);
            Assert.Contains("ADA@EXAMPLE.TEST", values);
            Assert.All(
                tokens,
                token => Assert.DoesNotContain(values, v => v.Contains(token, StringComparison.Ordinal))
            );
        }
    }

    private static async Task<List<string>> AllValuesAsync(TestDatabase database)
    {
        await using var context = database.OpenContext();
        var connection = context.Database.GetDbConnection();
        await connection.OpenAsync(Cancelled);
        var tables = context.Model.GetEntityTypes().Select(t => t.GetTableName()).OfType<string>().Distinct();
        var values = new List<string>();
        foreach (var table in tables)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT * FROM \"" + table + '"';
            await using var reader = await command.ExecuteReaderAsync(Cancelled);
            while (await reader.ReadAsync(Cancelled))
            {
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    values.Add(AsText(reader.GetValue(i)));
                }
            }
        }

        return values;
    }

    private static string AsText(object value) =>
        value switch
        {
            byte[] bytes => Encoding.Latin1.GetString(bytes),
            string text => text,
            IEnumerable many => string.Join(' ', many.Cast<object>()),
            _ => $"{value}",
        };
}
