using System.Data.Common;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors.Totp;
using IdP.Recovery.Ports;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Totp;

/// <summary>An authenticator app counts once a code of it was given, and not before.</summary>
public sealed class EnrollTotpTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task One_code_enrolls_and_the_owner_is_told(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;

        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, begun, name: " My phone "));

        Assert.True((await host.FindAsync(ada.Id)).Factors.Any);
        var row = Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.Equal("My phone", row.Name);
        Assert.Equal(host.Time.GetUtcNow(), row.ConfirmedAt);
        var added = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.FactorAdded);
        Assert.Equal((AuditReasons.Totp, begun.Id.ToString()), (added.Reason, added.SubjectId));
        await host.DrainAsync();
        var mail = host.Mails.Last<RecoveryMail.FactorChanged>();
        Assert.Equal(FactorChange.TotpAdded, mail.Change);
        Assert.Equal(TotpSteps.Origin, mail.From);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_code_that_enrolled_does_not_sign_in_as_well(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        var app = new Authenticator(begun.Key);
        var code = app.CodeAt(host.Time.GetUtcNow());
        await host.ConfirmTotpAsync(ada.Id, begun, code);

        Assert.False(await TakeAsync(host, ada.Id, code));
        host.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(await TakeAsync(host, ada.Id, code));
        Assert.True(await TakeAsync(host, ada.Id, app.CodeAt(host.Time.GetUtcNow())));
    }

    [Fact]
    public async Task A_key_that_is_replaced_while_its_code_is_looked_at_is_not_taken()
    {
        var between = new BetweenLookAndDeed();
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            services => services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(between))
        );
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        between.Do = async () =>
        {
            var other = await host.CallAsync<TotpKeys, string>(k => Task.FromResult(k.NewKey()));
            await using var context = host.Database.OpenContext();
            await context
                .Set<TotpAuthenticator>()
                .ExecuteUpdateAsync(set => set.SetProperty(t => t.ProtectedKey, other), Cancelled);
        };

        Assert.IsType<EnrolledTotp.Gone>(await host.ConfirmTotpAsync(ada.Id, begun));

        Assert.Null(Assert.Single(await host.RowsAsync<TotpAuthenticator>()).ConfirmedAt);
        await host.DrainAsync();
        Assert.Empty(host.Mails.Sent);
    }

    // Right behind the count of tries, which comes after the key was read.
    private sealed class BetweenLookAndDeed : DbCommandInterceptor
    {
        public Func<Task>? Do { get; set; }

        public override async ValueTask<int> NonQueryExecutedAsync(
            DbCommand command,
            CommandExecutedEventData eventData,
            int result,
            CancellationToken cancellationToken = default
        )
        {
            if (Do is { } something && command.CommandText.Contains("RecoveryLimits", StringComparison.Ordinal))
            {
                Do = null;
                await something();
            }

            return result;
        }
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_many_confirmations_at_once_one_enrolls(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;

        var ends = await AtOnce.RunAsync(16, _ => host.ConfirmTotpAsync(ada.Id, begun));

        Assert.Single(ends, e => e is EnrolledTotp.Done);
        await host.DrainAsync();
        Assert.Equal(1, host.Mails.Count<RecoveryMail.FactorChanged>());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_wrong_code_enrolls_nothing_and_keeps_the_key(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        var wrong = new Authenticator(begun.Key).WrongCodeAt(host.Time.GetUtcNow());

        Assert.IsType<EnrolledTotp.CodeRefused>(await host.ConfirmTotpAsync(ada.Id, begun, wrong));

        Assert.False((await host.FindAsync(ada.Id)).Factors.Any);
        Assert.Equal(begun, await host.BeginTotpAsync(ada.Id));
        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, begun));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Twenty_guesses_are_looked_at_in_a_quarter_of_an_hour(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        var app = new Authenticator(begun.Key);
        for (var i = 0; i < 20; i++)
        {
            Assert.IsType<EnrolledTotp.CodeRefused>(
                await host.ConfirmTotpAsync(ada.Id, begun, app.WrongCodeAt(host.Time.GetUtcNow()))
            );
        }

        Assert.IsType<EnrolledTotp.Gone>(await host.ConfirmTotpAsync(ada.Id, begun));
        host.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, begun));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reloaded_page_shows_the_same_key_for_an_hour_and_then_a_fresh_one(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;

        host.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(begun, await host.BeginTotpAsync(ada.Id));
        host.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.IsType<EnrolledTotp.Gone>(await host.ConfirmTotpAsync(ada.Id, begun));
        var later = (await host.BeginTotpAsync(ada.Id))!;
        Assert.NotEqual(begun.Key, later.Key);
        Assert.Single(await host.RowsAsync<TotpAuthenticator>());
        Assert.IsType<EnrolledTotp.Done>(await host.ConfirmTotpAsync(ada.Id, later));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Nobody_confirms_the_key_of_another_account(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var bob = await host.CreateAccountAsync("bob@example.test");
        var begun = (await host.BeginTotpAsync(ada.Id))!;

        Assert.IsType<EnrolledTotp.Gone>(await host.ConfirmTotpAsync(bob.Id, begun));

        Assert.False((await host.FindAsync(ada.Id)).Factors.Any);
        Assert.False((await host.FindAsync(bob.Id)).Factors.Any);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_account_has_no_more_authenticators_than_it_may(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider, ("AccountRecovery:Totp:MaxAuthenticators", "2"));
        var ada = await host.CreateAccountAsync();
        await host.EnrollTotpAsync(ada.Id);
        await host.EnrollTotpAsync(ada.Id);

        Assert.Null(await host.BeginTotpAsync(ada.Id));
        Assert.Equal(2, (await host.FindAsync(ada.Id)).Factors.Totp);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_key_rests_encrypted(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var ada = await host.CreateAccountAsync();
        var app = await host.EnrollTotpAsync(ada.Id);

        var row = Assert.Single(await host.RowsAsync<TotpAuthenticator>());

        Assert.Equal(32, app.Key.Length);
        Assert.DoesNotContain(app.Key, row.ProtectedKey, StringComparison.OrdinalIgnoreCase);
        var raw = OtpNet.Base32Encoding.ToBytes(app.Key);
        Assert.DoesNotContain(Convert.ToBase64String(raw), row.ProtectedKey);
        Assert.DoesNotContain(Convert.ToHexString(raw), row.ProtectedKey);
        var rest = await WholeTableAsync(host);
        Assert.DoesNotContain(app.Key, rest, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("otpauth", rest, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null, null, null, "login.example.test", "SHA1", 6)]
    [InlineData("Sha256", "8", "Blue & Partner", "Blue%20%26%20Partner", "SHA256", 8)]
    public async Task The_address_in_the_QR_code_names_issuer_and_account(
        string? algorithm,
        string? digits,
        string? issuer,
        string writtenIssuer,
        string writtenAlgorithm,
        int writtenDigits
    )
    {
        var settings = new (string, string?)[]
        {
            ("AccountRecovery:Totp:Algorithm", algorithm),
            ("AccountRecovery:Totp:Digits", digits),
            ("AccountRecovery:Totp:Issuer", issuer),
        };
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            [.. settings.Where(s => s.Item2 is not null).Select(s => (s.Item1, s.Item2!))]
        );
        var ada = await host.CreateAccountAsync();

        var begun = (await host.BeginTotpAsync(ada.Id))!;

        Assert.Equal(
            $"otpauth://totp/{writtenIssuer}:ada%40example.test?secret={begun.Key.Replace(" ", "")}"
                + $"&issuer={writtenIssuer}&algorithm={writtenAlgorithm}&digits={writtenDigits}&period=30",
            begun.Address.AbsoluteUri
        );
        Assert.Equal(writtenDigits, begun.Digits);
        Assert.Matches("^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$", begun.Key);
    }

    [Fact]
    public async Task An_app_of_eight_digits_and_sha_256_signs_in_by_them()
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Totp:Algorithm", "Sha256"),
            ("AccountRecovery:Totp:Digits", "8")
        );
        var ada = await host.CreateAccountAsync();
        var begun = (await host.BeginTotpAsync(ada.Id))!;
        var app = new OtpNet.Totp(
            OtpNet.Base32Encoding.ToBytes(begun.Key.Replace(" ", "")),
            mode: OtpNet.OtpHashMode.Sha256,
            totpSize: 8
        );
        var now = host.Time.GetUtcNow().UtcDateTime;
        Assert.IsType<EnrolledTotp.Done>(
            await host.ConfirmTotpAsync(ada.Id, begun, app.ComputeTotp(now.AddSeconds(-30)))
        );

        Assert.True(await TakeAsync(host, ada.Id, app.ComputeTotp(now)));
    }

    [Theory]
    [InlineData("Digits", "7", "Digits must be 6 or 8, but was 7.")]
    [InlineData("MaxAuthenticators", "0", "MaxAuthenticators must be from 1 to 20, but was 0.")]
    [InlineData("MaxAuthenticators", "21", "MaxAuthenticators must be from 1 to 20, but was 21.")]
    [InlineData("Algorithm", "5", "Algorithm must be Sha1 or Sha256, but was 5.")]
    public async Task A_wrong_option_is_refused_and_named(string name, string value, string message)
    {
        await using var host = await RecoveryHost.StartAsync(
            DatabaseProvider.Sqlite,
            ("AccountRecovery:Totp:" + name, value)
        );

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            host.CallAsync<IOptions<TotpOptions>, TotpOptions>(o => Task.FromResult(o.Value))
        );

        Assert.Contains("AccountRecovery:Totp:" + message, refused.Message);
    }

    private static Task<bool> TakeAsync(RecoveryHost host, string accountId, string? code) =>
        host.CallAsync<TotpCodes, bool>(t => t.TryTakeAsync(accountId, code, Cancelled));

    // Everything that the plugin writes down, in one text.
    private static async Task<string> WholeTableAsync(RecoveryHost host)
    {
        var rows = new List<object>();
        rows.AddRange(await host.RowsAsync<TotpAuthenticator>());
        rows.AddRange(await host.RowsAsync<AuditEvent>());
        rows.AddRange(await host.RowsAsync<IdP.Recovery.OutboxEntry>());
        return System.Text.Json.JsonSerializer.Serialize(rows);
    }
}
