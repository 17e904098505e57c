using System.Globalization;
using IdP.Recovery.Endpoints;
using IdP.UI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>Everything that endpoints and receipts can say has its words in both languages.</summary>
public sealed class EndpointTextTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public async Task Every_state_flaw_change_kind_field_and_choice_has_its_words(string language)
    {
        await using var host = await ProviderFixture.StartAsync();
        await using var scope = host.Services.CreateAsyncScope();
        var text = scope.ServiceProvider.GetRequiredService<IStringLocalizer<Text>>();
        var kinds = scope.ServiceProvider.GetRequiredService<EndpointConnectors>().Offered.ToList();
        Assert.Equal(["ldap", "scim", "webhook"], kinds.Select(k => k.Kind));
        string[] names =
        [
            "Endpoint.Kind.relying-party",
            .. Enum.GetNames<ReceiptState>().SelectMany(s => new[] { $"Receipts.State.{s}", $"Receipts.Person.{s}" }),
            .. Enum.GetNames<DeliveryFlaw>().Select(f => $"Endpoint.Flaw.{f}"),
            .. Enum.GetNames<EndpointCondition>().Select(c => $"Endpoint.Condition.{c}"),
            .. Enum.GetValues<CredentialChanges>().Where(c => int.IsPow2((int)c)).Select(c => $"Endpoint.Change.{c}"),
            .. kinds.SelectMany(k =>
                new[] { $"Endpoint.Kind.{k.Kind}", $"Endpoint.Kind.{k.Kind}.Lead" }
                    .Concat(k.Fields.Select(f => $"Endpoint.Field.{f.Name}"))
                    .Concat(k.Fields.SelectMany(f => f.Choices.Select(c => $"Endpoint.Choice.{k.Kind}.{f.Name}.{c}")))
            ),
        ];
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(language);
            Assert.All(names, n => Assert.False(text[n].ResourceNotFound, n));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }
}
