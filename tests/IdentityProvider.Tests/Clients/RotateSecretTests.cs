using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdentityProvider.Tests.OpenId;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Clients;

/// <summary>A client's secret is replaced without a pause: for a while both are taken, then only the new one.</summary>
public sealed class RotateSecretTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Both_secrets_are_taken_within_the_overlap_and_only_the_new_one_after_it(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var made = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));

        Assert.Equal(32, Secrets.Hash(made.Secret)!.Length);
        Assert.Equal(idp.Host.Time.GetUtcNow() + TimeSpan.FromHours(24), made.PreviousUntil);
        await AcceptsAsync(idp, made.Secret);
        await AcceptsAsync(idp, OpenIdHost.Secret);
        idp.Host.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        await AcceptsAsync(idp, OpenIdHost.Secret);
        idp.Host.Time.Advance(TimeSpan.FromSeconds(1));

        await RefusesAsync(idp, OpenIdHost.Secret);
        await AcceptsAsync(idp, made.Secret);
        await RefusesAsync(idp, Secrets.NewToken());
    }

    [Fact]
    public async Task A_third_secret_ends_the_first_at_once()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var second = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));
        var third = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));

        await RefusesAsync(idp, OpenIdHost.Secret);
        await AcceptsAsync(idp, second.Secret);
        await AcceptsAsync(idp, third.Secret);
    }

    [Fact]
    public async Task Without_an_overlap_the_old_secret_ends_at_once()
    {
        await using var idp = await OpenIdHost.StartAsync(settings: [("Clients:SecretOverlap", "00:00:00")]);
        var made = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));

        Assert.Null(made.PreviousUntil);
        await RefusesAsync(idp, OpenIdHost.Secret);
        await AcceptsAsync(idp, made.Secret);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_clients_file_applied_again_brings_no_old_secret_back(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await RotateAsync(idp);
        var made = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));

        // The file still has the secret of the beginning, and something else has changed in it.
        var changes = await ApplyAsync(idp, machine => machine["name"] = "A machine of another name");
        Assert.Equal(["name"], changes.Differences);
        await AcceptsAsync(idp, made.Secret);
        idp.Host.Time.Advance(TimeSpan.FromDays(2));
        await RefusesAsync(idp, OpenIdHost.Secret);
        await AcceptsAsync(idp, made.Secret);

        // A secret that is new to the file is meant.
        var own = Secrets.NewToken();
        changes = await ApplyAsync(idp, machine => machine["secretHash"] = ClientSecrets.HashGenerated(own));
        Assert.Contains("secretHash", changes.Differences);
        await AcceptsAsync(idp, own);
        await RefusesAsync(idp, made.Secret);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_administrators_who_saw_the_same_client_one_makes_a_secret(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        var seen = await VersionAsync(idp);

        var results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => RotateAsync(idp, seen: seen)))
        );

        Assert.Single(results.OfType<RotatedSecret.Done>());
        Assert.Equal(3, results.OfType<RotatedSecret.Changed>().Count());
        await using var context = idp.Host.Database.OpenContext();
        var audited = Assert.Single(
            await context.Set<AuditEvent>().Where(e => e.Type == "client.secret-rotated").ToListAsync(Cancelled)
        );
        Assert.Equal("machine", audited.SubjectId);
        Assert.Equal("root", audited.ActorId);
        Assert.Equal("otp", audited.Proof);
    }

    [Theory]
    [InlineData("native")]
    [InlineData("signing")]
    [InlineData("nobody")]
    public async Task A_client_without_a_secret_gets_none(string clientId)
    {
        await using var idp = await OpenIdHost.StartAsync();

        Assert.IsType<RotatedSecret.NoSecret>(await RotateAsync(idp, clientId));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Another_node_takes_the_new_secret_within_half_a_minute(DatabaseProvider provider)
    {
        await using var idp = await OpenIdHost.StartAsync(provider);
        await using var other = await ProviderFixture.StartAsync(
            besides: idp.Host,
            settings: [("OpenId:ClientsFile", "")]
        );
        var made = Assert.IsType<RotatedSecret.Done>(await RotateAsync(idp));

        await other.Services.GetRequiredService<IdentityProvider.OpenId.ProviderRefresh>().RunAsync(Cancelled);

        Assert.True(
            other
                .Services.GetRequiredService<IOptions<IdentityProvider.SigningKeys.SigningKeyOptions>>()
                .Value.ReloadEvery <= TimeSpan.FromSeconds(30)
        );
        await AcceptsAsync(idp, made.Secret, new Uri(other.Origin, "/connect/token"));
        await AcceptsAsync(idp, OpenIdHost.Secret, new Uri(other.Origin, "/connect/token"));
    }

    [Fact]
    public async Task A_secret_that_was_replaced_ends_at_once_and_the_file_does_not_bring_it_back()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var secret = Secrets.NewToken();
        var replaced = await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<RotateClientSecret>()
                .ReplaceAsync("machine", secret, TimeSpan.Zero, Actor.CommandLine, Cancelled)
        );
        Assert.IsType<RotatedSecret.Done>(replaced);

        await RefusesAsync(idp, OpenIdHost.Secret);
        await ApplyAsync(idp, _ => { });

        await AcceptsAsync(idp, secret);
        await RefusesAsync(idp, OpenIdHost.Secret);
    }

    [Fact]
    public async Task A_secret_that_was_replaced_with_an_overlap_is_taken_until_that_ends()
    {
        await using var idp = await OpenIdHost.StartAsync();
        var secret = Secrets.NewToken();
        await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<RotateClientSecret>()
                .ReplaceAsync("machine", secret, TimeSpan.FromHours(2), Actor.CommandLine, Cancelled)
        );

        await AcceptsAsync(idp, secret);
        await AcceptsAsync(idp, OpenIdHost.Secret);
        idp.Host.Time.Advance(TimeSpan.FromHours(3));

        await AcceptsAsync(idp, secret);
        await RefusesAsync(idp, OpenIdHost.Secret);
    }

    [Theory]
    [InlineData("-00:00:01")]
    [InlineData("30.00:00:01")]
    public async Task An_overlap_out_of_range_stops_the_start(string overlap)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            OpenIdHost.StartAsync(settings: [("Clients:SecretOverlap", overlap)])
        );

        Assert.Contains("Clients:SecretOverlap must be", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<RotatedSecret> RotateAsync(
        OpenIdHost idp,
        string clientId = "machine",
        string? seen = null
    )
    {
        seen ??= await VersionAsync(idp, clientId);
        return await idp.Host.InScopeAsync(p =>
            p.GetRequiredService<RotateClientSecret>()
                .RunAsync(
                    clientId,
                    seen,
                    new Actor("root", [ConsoleRoles.Administrator], "otp"),
                    Requester.None,
                    Cancelled
                )
        );
    }

    private static async Task<string?> VersionAsync(OpenIdHost idp, string clientId = "machine")
    {
        await using var context = idp.Host.Database.OpenContext();
        return await context
            .Set<OpenIddict.EntityFrameworkCore.Models.OpenIddictEntityFrameworkCoreApplication>()
            .Where(a => a.ClientId == clientId)
            .Select(a => a.ConcurrencyToken)
            .SingleOrDefaultAsync(Cancelled);
    }

    private static async Task<ClientChange> ApplyAsync(OpenIdHost idp, Action<JsonObject> change)
    {
        var declaration = OpenIdHost.Declaration();
        change(OpenIdHost.Client(declaration, "machine"));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, declaration.ToJsonString(), Cancelled);
        var declared = await ClientsFile.LoadAsync(file, Cancelled);
        File.Delete(file);
        return await idp.Host.InScopeAsync(async p =>
        {
            var apply = p.GetRequiredService<ApplyClients>();
            var plan = await apply.PlanAsync(declared, Cancelled);
            await apply.RunUnattendedAsync(declared, Cancelled);
            return plan.Single(c => c.Id == "machine");
        });
    }

    private static async Task AcceptsAsync(OpenIdHost idp, string secret, Uri? endpoint = null) =>
        Assert.Equal(200, await AskAsync(idp, secret, endpoint));

    private static async Task RefusesAsync(OpenIdHost idp, string secret) =>
        Assert.Equal(401, await AskAsync(idp, secret, null));

    private static async Task<int> AskAsync(OpenIdHost idp, string secret, Uri? endpoint)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            endpoint ?? new Uri(idp.Host.Origin, "/connect/token")
        );
        request.Headers.Authorization = OpenIdHost.Basic("machine", secret);
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "orders")]);
        return (await idp.SendAsync(request)).Status;
    }
}
