using System.Globalization;
using System.Text.Json;
using IdentityProvider.Data;
using IdentityProvider.SharedSignals;
using IdentityProvider.SigningKeys;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>What happens to an account reaches receivers (requirement 13).</summary>
public sealed class EventTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_reset_reaches_the_receiver_as_credential_change_and_the_sessions_it_ended_with_the_same_txn(
        DatabaseProvider provider
    )
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        await host.CreateAsync(receiver.Endpoint);
        using var one = await host.Idp.SignedInAsync();
        using var two = await host.Idp.SignedInAsync();
        var sid = (await host.Idp.VerifyAsync((await host.Idp.TokensAsync(one, new())).IdToken)).GetClaim("sid").Value;

        await host.ResetPasswordAsync();
        await host.Host.DrainAsync();

        var sets = await Task.WhenAll(receiver.Pushes.Select(p => host.ReadAsync(p.Body)));
        Assert.Equal(4, sets.Length);
        Assert.All(sets, set => IsWellFormed(host, set));
        var change = Assert.Single(sets, s => s.Type == SignalTable.CredentialChange);
        IsAccount(host, account.Id, change.Subject);
        Assert.Equal(
            """{"initiating_entity":"user","reason_admin":{"en":"The password was reset."},"event_timestamp":"""
                + host.Host.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                + ""","credential_type":"password","change_type":"update"}""",
            change.Content.GetRawText()
        );

        var ended = sets.Where(s => s.Type == SignalTable.SessionRevoked).ToList();
        Assert.Equal(2, ended.Count);
        Assert.Contains(ended, s => SessionOf(s) == sid);
        Assert.All(
            ended,
            s =>
            {
                Assert.Equal("complex", s.Subject.GetProperty("format").GetString());
                IsAccount(host, account.Id, s.Subject.GetProperty("user"));
                Assert.Equal("policy", s.Content.GetProperty("initiating_entity").GetString());
                Assert.Equal(
                    "A credential of the account changed.",
                    s.Content.GetProperty("reason_admin").GetProperty("en").GetString()
                );
                Assert.Equal(change.Transaction, s.Transaction);
            }
        );

        var begun = Assert.Single(sets, s => s.Type == SignalTable.RecoveryActivated);
        IsAccount(host, account.Id, begun.Subject);
        Assert.Equal("{}", begun.Content.GetRawText());
        Assert.NotEqual(change.Transaction, begun.Transaction);
    }

    [Fact]
    public async Task A_change_by_the_owner_is_told_and_the_session_that_made_it_goes_on()
    {
        await using var host = await SignalHost.StartAsync();
        await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        using var owner = await host.Idp.SignedInAsync();
        using var other = await host.Idp.SignedInAsync();

        var done = await owner.SubmitAsync(
            await owner.GetAsync("/account/password"),
            ("Current", ProviderFixture.GoodPassword),
            ("Password", ProviderFixture.BetterPassword)
        );
        Assert.Equal(303, (int)done.Status);
        await host.Host.DrainAsync();

        var (sets, _) = await host.PollAsync(id);
        Assert.Equal(
            [SignalTable.CredentialChange, SignalTable.SessionRevoked],
            sets.Select(s => s.Type).Order(StringComparer.Ordinal)
        );
        Assert.Single(sets.Select(s => s.Transaction).Distinct());
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_lockout_is_told_to_nobody(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();
        using var browser = host.Host.NewBrowser();
        for (var i = 0; i < 6; i++)
        {
            await browser.SubmitAsync(
                await browser.GetAsync("/login"),
                ("Email", Ada),
                ("Password", "not the password at all")
            );
        }

        await host.Host.DrainAsync();

        Assert.Empty((await host.PollAsync(id)).Sets);
        Assert.Empty(await host.EventsAsync());
        await using var context = host.Host.Database.OpenContext();
        Assert.True(
            await context.Set<AuditEvent>().AnyAsync(e => e.Type == AuditEventTypes.LockedOut, SignalHost.Cancelled)
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_suspension_and_its_end_are_told_to_the_streams_that_want_them(DatabaseProvider provider)
    {
        await using var host = await SignalHost.StartAsync(provider);
        var account = await host.Host.CreateAccountAsync();
        var all = await host.CreateAsync();
        var some = await host.CreateAsync(events: [SignalTable.AccountEnabled], clientId: SignalHost.Other);

        await host.AuditAsync(account.Id, "account.suspended", "account.activated");

        Assert.Equal(
            [SignalTable.AccountDisabled, SignalTable.AccountEnabled],
            (await host.PollAsync(all)).Sets.Select(s => s.Type).Order(StringComparer.Ordinal)
        );
        var (sets, _) = await host.PollAsync(some, clientId: SignalHost.Other);
        Assert.Equal(SignalTable.AccountEnabled, Assert.Single(sets).Type);
        Assert.Equal(SignalHost.Other, sets[0].Claims.GetProperty("aud").GetString());
    }

    [Fact]
    public async Task What_is_undone_is_told_to_nobody()
    {
        await using var host = await SignalHost.StartAsync();
        var account = await host.Host.CreateAccountAsync();
        var id = await host.CreateAsync();

        await Assert.ThrowsAsync<TimeoutException>(() =>
            host.Host.InScopeAsync<bool>(async p =>
            {
                var audit = p.GetRequiredService<AuditLog>();
                return await p.GetRequiredService<UnitOfWork>()
                    .RunAsync<bool>(
                        _ =>
                        {
                            audit.Add("account.suspended", account.Id, Requester.None);
                            throw new TimeoutException();
                        },
                        SignalHost.Cancelled
                    );
            })
        );

        Assert.Empty((await host.PollAsync(id)).Sets);
    }

    [Fact]
    public async Task Where_no_client_may_have_a_stream_no_work_is_added()
    {
        await using var idp = await OpenIdHost.StartAsync();
        await idp.Host.CreateAccountAsync();
        await new SignalHost(idp).ResetPasswordAsync();

        Assert.Empty(
            await idp.Host.InScopeAsync(p =>
                p.GetRequiredService<IdpDbContext>()
                    .Set<OutboxEntry>()
                    .Where(e => e.Kind == FanOutSignals.Kind)
                    .ToListAsync(SignalHost.Cancelled)
            )
        );
    }

    private static void IsWellFormed(SignalHost host, Set set)
    {
        Assert.Equal("secevent+jwt", set.Token.Typ);
        Assert.Equal("RS256", set.Token.Alg);
        Assert.Equal(2048, ((RsaSecurityKey)KeyOf(set.Token)).KeySize);
        Assert.Equal(
            ["aud", "events", "iat", "iss", "jti", "sub_id", "txn"],
            set.Claims.EnumerateObject().Select(c => c.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(host.Idp.Issuer, set.Claims.GetProperty("iss").GetString());
        Assert.Equal(SignalHost.Receiver, set.Claims.GetProperty("aud").GetString());
        Assert.Equal(host.Host.Time.GetUtcNow().ToUnixTimeSeconds(), set.Claims.GetProperty("iat").GetInt64());

        SecurityKey KeyOf(JsonWebToken token) =>
            host.Host.Services.GetRequiredService<SigningKeySet>().Published.Single(k => k.Key.KeyId == token.Kid).Key;
    }

    private static void IsAccount(SignalHost host, string accountId, JsonElement subject)
    {
        Assert.Equal("iss_sub", subject.GetProperty("format").GetString());
        Assert.Equal(host.Idp.Issuer, subject.GetProperty("iss").GetString());
        Assert.Equal(accountId, subject.GetProperty("sub").GetString());
    }

    private static string SessionOf(Set set) => set.Subject.GetProperty("session").GetProperty("id").GetString()!;
}
