using System.Reflection;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using IdentityProvider.Accounts;
using IdP.Recovery;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Recovery.Tests.Architecture;

/// <summary>
/// References point one way: host, pages, plugin; adapters, plugin. The plugin knows no engine, no scheduler and no
/// pages, so that any ASP.NET Core Identity host can have it.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly Assembly Plugin = typeof(Secrets).Assembly;
    private static readonly Assembly Host = typeof(Account).Assembly;
    private static readonly Assembly Pages = Load("IdP.UI");
    private static readonly Assembly OnHangfire = Load("IdP.Recovery.Hangfire");
    private static readonly Assembly OnLdap = Load("IdP.Recovery.Ldap");
    private static readonly Assembly OnOpenIddict = Load("IdP.Recovery.OpenIddict");

    private static readonly HashSet<string> OnlyThePlugin = ["IdP.Recovery"];

    private static readonly ArchUnitNET.Domain.Architecture Types = new ArchLoader()
        .LoadAssemblies(Plugin, Host, Pages, OnHangfire, OnOpenIddict)
        .Build();

    [Fact]
    public void The_plugin_references_none_of_our_other_assemblies() => Assert.Empty(OurReferences(Plugin));

    [Fact]
    public void The_pages_reference_the_plugin_only() => Assert.Subset(OnlyThePlugin, OurReferences(Pages));

    [Fact]
    public void The_adapters_reference_the_plugin_only()
    {
        Assert.Subset(OnlyThePlugin, OurReferences(OnHangfire));
        Assert.Subset(OnlyThePlugin, OurReferences(OnLdap));
        Assert.Subset(OnlyThePlugin, OurReferences(OnOpenIddict));
    }

    [Fact]
    public void The_attack_kit_references_nothing_of_ours_and_no_test_framework()
    {
        var kit = typeof(IdP.Recovery.AttackKit.Attack).Assembly;
        Assert.Empty(OurReferences(kit));
        Assert.DoesNotContain(
            kit.GetReferencedAssemblies(),
            r => r.Name!.StartsWith("xunit", StringComparison.OrdinalIgnoreCase)
        );
    }

    [Theory]
    [InlineData("OpenIddict")]
    [InlineData("Hangfire")]
    [InlineData("Duende")]
    [InlineData("MailKit")]
    [InlineData("MimeKit")]
    [InlineData("Npgsql")]
    [InlineData("Microsoft.Data.Sqlite")]
    [InlineData("System.DirectoryServices")]
    [InlineData("Microsoft.AspNetCore.Mvc")]
    [InlineData("Microsoft.AspNetCore.Razor")]
    [InlineData("Microsoft.AspNetCore.Components")]
    public void The_plugin_knows_no_engine_scheduler_mail_server_database_or_pages(string prefix) =>
        Assert.DoesNotContain(
            Plugin.GetReferencedAssemblies(),
            r => r.Name!.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        );

    [Theory]
    [InlineData("OpenIddict")]
    [InlineData("Hangfire")]
    public void The_pages_know_no_engine_and_no_scheduler(string prefix) =>
        Assert.DoesNotContain(
            Pages.GetReferencedAssemblies(),
            r => r.Name!.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        );

    [Fact]
    public void Nothing_in_the_plugin_knows_the_user_manager() =>
        Classes()
            .That()
            .ResideInAssembly(Plugin)
            .Should()
            .NotDependOnAnyTypesThat()
            .HaveFullNameStartingWith("Microsoft.AspNetCore.Identity.UserManager")
            .Check(Types);

    [Theory]
    [InlineData("Data", "Operations")]
    [InlineData("Clients", "OpenId")]
    [InlineData("Clients", "SharedSignals")]
    [InlineData("Clients", "Api")]
    [InlineData("OpenId", "SharedSignals")]
    [InlineData("SharedSignals", "Api")]
    [InlineData("Sessions", "OpenId")]
    [InlineData("SigningKeys", "OpenId")]
    [InlineData("OpenId", "Api")]
    public void A_room_of_the_host_knows_nothing_of_the_rooms_behind_it(string room, string behind) =>
        Classes()
            .That()
            .ResideInNamespaceMatching($@"^IdentityProvider\.{room}(\.|$)")
            .Should()
            .NotDependOnAnyTypesThat()
            .ResideInNamespaceMatching($@"^IdentityProvider\.{behind}(\.|$)")
            .Check(Types);

    private static HashSet<string> OurReferences(Assembly assembly) =>
        [
            .. assembly
                .GetReferencedAssemblies()
                .Select(r => r.Name!)
                .Where(n => n.StartsWith("IdP.", StringComparison.Ordinal) || n == "IdentityProvider"),
        ];

    private static Assembly Load(string name) => Assembly.Load(new AssemblyName(name));
}
