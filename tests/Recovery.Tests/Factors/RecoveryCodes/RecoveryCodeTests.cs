using System.Text;
using System.Text.RegularExpressions;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.RecoveryCodes;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.RecoveryCodes;

/// <summary>Saved recovery codes: shown once, used once, replaced by the next set (threat 15).</summary>
public sealed class RecoveryCodeTests
{
    private static readonly Requester Origin = new("192.0.2.9", "Safari on iPhone");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Ten_codes_of_120_bits_are_made_and_the_owner_is_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);

        var codes = await CreateAsync(host, ada);

        Assert.Equal(10, codes.Distinct().Count());
        Assert.All(codes, c => Assert.Matches("^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$", c));
        Assert.Equal(10, (await host.FindAsync(ada)).Factors.RecoveryCodes);
        Assert.Single(
            await host.RowsAsync<AuditEvent>(),
            e => e.Type == AuditEventTypes.RecoveryCodesCreated && e.AccountId == ada
        );
        await host.DrainAsync();
        var mail = host.Mails.Last<RecoveryMail.FactorChanged>();
        Assert.Equal((FactorChange.RecoveryCodesCreated, Origin), (mail.Change, mail.From));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Only_hashes_rest(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var codes = await CreateAsync(host, ada);
        var replacement = await SpendAsync(host, ada, codes[0]);

        var rows = await host.RowsAsync<RecoveryCode>();

        Assert.All(rows, r => Assert.Equal(32, r.CodeHash.Length));
        var written = System.Text.Json.JsonSerializer.Serialize(
            new object[] { rows, await host.RowsAsync<AuditEvent>(), await host.RowsAsync<OutboxEntry>() }
        );
        var raw = string.Concat(rows.Select(r => Encoding.Latin1.GetString(r.CodeHash)));
        Assert.All(
            codes.Append(replacement!),
            code =>
            {
                var plain = code.Replace("-", "");
                Assert.DoesNotContain(code, written);
                Assert.DoesNotContain(plain, written);
                Assert.DoesNotContain(plain[..8], raw);
            }
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_new_set_kills_the_old_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var old = await CreateAsync(host, ada);
        var replacement = await SpendAsync(host, ada, old[0]);
        var fresh = await CreateAsync(host, ada);

        foreach (var code in old.Append(replacement))
        {
            Assert.Null(await SpendAsync(host, ada, code));
        }

        Assert.NotNull(await SpendAsync(host, ada, fresh[0]));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_sets_made_at_once_one_lives(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        var ada = await EnrollAsync(host);

        var sets = await AtOnce.RunAsync(8, i => CreateAsync(i % 2 == 0 ? host : other, ada));

        Assert.Equal(10, (await host.RowsAsync<RecoveryCode>()).Count);
        var alive = new List<int>();
        for (var i = 0; i < sets.Length; i++)
        {
            if (sets[i].Count > 0 && await SpendAsync(host, ada, sets[i][0]) is not null)
            {
                alive.Add(i);
            }
        }

        Assert.Single(alive);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_code_used_while_a_new_set_is_made_leaves_no_stand_in_behind(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        for (var round = 0; round < 5; round++)
        {
            var old = await CreateAsync(host, ada);

            await AtOnce.RunAsync(
                12,
                async i =>
                    i < 2
                        ? (await CreateAsync(host, ada)).Count > 0
                        : await SpendAsync(host, ada, old[i - 2]) is not null
            );

            Assert.Equal(10, (await host.FindAsync(ada)).Factors.RecoveryCodes);
            host.Time.Advance(TimeSpan.FromMinutes(2));
        }
    }

    // SQLite lets one transaction write at a time; there this cannot begin.
    [Fact]
    public async Task A_new_set_waits_for_a_code_that_is_being_used_and_kills_its_stand_in()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.PostgreSql);
        var ada = await EnrollAsync(host);
        var old = await CreateAsync(host, ada);
        Task<IReadOnlyList<string>>? creating = null;

        var standIn = await host.InScopeAsync(p =>
            p.GetRequiredService<UnitOfWork>()
                .RunAsync(
                    async inner =>
                    {
                        var shown = await p.GetRequiredService<SpendRecoveryCode>()
                            .TryTakeAsync(ada, old[0], Origin, inner);
                        creating = Task.Run(() => CreateAsync(host, ada), inner);
                        await UntilSomebodyWaitsAsync(host);
                        return shown;
                    },
                    Cancelled
                )
        );
        var fresh = await creating!;

        Assert.Equal(10, fresh.Count);
        Assert.Equal(10, (await host.RowsAsync<RecoveryCode>()).Count);
        Assert.Null(await SpendAsync(host, ada, standIn));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_account_without_a_second_factor_gets_none(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();

        Assert.Empty(await CreateAsync(host, ada.Id));

        Assert.Empty(await host.RowsAsync<RecoveryCode>());
        await host.DrainAsync();
        Assert.Equal(0, host.Mails.Count<RecoveryMail.FactorChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_factor_that_went_in_the_meantime_gives_none(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var before = await host.FindAsync(ada);
        await using (var context = host.Database.OpenContext())
        {
            context.RemoveRange(context.Set<IdP.Recovery.Factors.Totp.TotpAuthenticator>());
            await context.SaveChangesAsync(Cancelled);
        }

        Assert.Empty(
            await host.CallAsync<CreateRecoveryCodes, IReadOnlyList<string>>(c => c.RunAsync(before, Origin, Cancelled))
        );
        Assert.Empty(await host.RowsAsync<RecoveryCode>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_used_code_is_replaced_by_one_that_is_shown_there(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var codes = await CreateAsync(host, ada);
        await host.DrainAsync();

        var replacement = await SpendAsync(host, ada, codes[3]);

        Assert.NotNull(replacement);
        Assert.DoesNotContain(replacement, codes);
        Assert.Null(await SpendAsync(host, ada, codes[3]));
        Assert.Equal(10, (await host.FindAsync(ada)).Factors.RecoveryCodes);
        Assert.NotNull(await SpendAsync(host, ada, replacement));
        Assert.Equal(2, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.RecoveryCodeUsed));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_mail_tells_that_a_code_was_used_and_never_the_code(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var codes = await CreateAsync(host, ada);
        var replacement = await SpendAsync(host, ada, codes[0]);
        await host.DrainAsync();

        var mail = host.Mails.Last<RecoveryMail.FactorChanged>();

        Assert.Equal((FactorChange.RecoveryCodeUsed, Origin), (mail.Change, mail.From));
        Assert.DoesNotContain(replacement!, mail.ToString());
        Assert.DoesNotContain(codes[0], mail.ToString());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_at_once_on_two_nodes_one_uses_a_code(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        var ada = await EnrollAsync(host);
        var codes = await CreateAsync(host, ada);

        var replacements = await AtOnce.RunAsync(64, i => SpendAsync(i % 2 == 0 ? host : other, ada, codes[0]));

        Assert.Single(replacements, r => r is not null);
        Assert.Equal(10, (await host.FindAsync(ada)).Factors.RecoveryCodes);
        Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.RecoveryCodeUsed);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_accounts_code_is_refused_and_stays_good(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await EnrollAsync(host);
        var bob = await EnrollAsync(host, "bob@example.test");
        var codes = await CreateAsync(host, ada);
        await CreateAsync(host, bob);

        Assert.Null(await SpendAsync(host, bob, codes[0]));

        Assert.NotNull(await SpendAsync(host, ada, codes[0]));
    }

    [Fact]
    public void A_code_is_read_however_it_was_copied_from_paper()
    {
        const string Code = "01AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";
        var hash = Secrets.HashRecoveryCode(Code);

        foreach (
            var typed in (string[])
                [
                    "01abcdefghjkmnpqrstvwxyz",
                    " 01AB CDEF GHJK MNPQ RSTV WXYZ ",
                    "OIAB-CDEF-GHJK-MNPQ-RSTV-WXYZ",
                    "olab-cdef-ghjk-mnpq-rstv-wxyz",
                    "oLab\u00A0cdef\tghjk mnpq--rstv wxyz\r\n",
                ]
        )
        {
            Assert.Equal(hash, Secrets.HashRecoveryCode(typed));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("01AB-CDEF-GHJK-MNPQ-RSTV-WXY")]
    [InlineData("01AB-CDEF-GHJK-MNPQ-RSTV-WXYZ0")]
    [InlineData("01AB-CDEF-GHJK-MNPQ-RSTV-WXYU")]
    [InlineData("01AB-CDEF-GHJK-MNPQ-RSTV-WXY\u0660")]
    [InlineData("01AB_CDEF_GHJK_MNPQ_RSTV_WXYZ")]
    public void What_cannot_be_a_code_is_none(string? typed) => Assert.Null(Secrets.HashRecoveryCode(typed));

    [Fact]
    public void Codes_use_the_whole_alphabet()
    {
        var letters = Enumerable
            .Range(0, 200)
            .SelectMany(_ => Regex.Replace(Secrets.NewRecoveryCode(), "-", ""))
            .ToHashSet();

        // 4800 draws out of 32 leave one out once in 10^64 runs: each carries five bits.
        Assert.Equal(32, letters.Count);
    }

    private static async Task UntilSomebodyWaitsAsync(RecoveryHost host)
    {
        await using var context = host.Database.OpenContext();
        int waiting;
        do
        {
            waiting = await context
                .Database.SqlQuery<int>(
                    $"""
                    SELECT count(*)::int AS "Value" FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """
                )
                .SingleAsync(Cancelled);
        } while (waiting == 0);
    }

    private static async Task<string> EnrollAsync(RecoveryHost host, string email = "ada@example.test")
    {
        var account = await host.CreateAccountAsync(email);
        await host.EnrollTotpAsync(account.Id);
        return account.Id;
    }

    private static async Task<IReadOnlyList<string>> CreateAsync(RecoveryHost host, string accountId)
    {
        var account = await host.FindAsync(accountId);
        return await host.CallAsync<CreateRecoveryCodes, IReadOnlyList<string>>(c =>
            c.RunAsync(account, Origin, Cancelled)
        );
    }

    private static Task<string?> SpendAsync(RecoveryHost host, string accountId, string? code) =>
        host.CallAsync<SpendRecoveryCode, string?>(s => s.TryTakeAsync(accountId, code, Origin, Cancelled));
}
