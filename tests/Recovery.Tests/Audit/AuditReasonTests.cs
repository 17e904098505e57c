using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.Extensions.DependencyInjection;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>Reasons are a closed list.</summary>
public sealed class AuditReasonTests
{
    [Fact]
    public async Task A_reason_that_is_not_of_the_list_is_refused()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.InScopeAsync(p =>
        {
            var audit = p.GetRequiredService<AuditLog>();
            Assert.Throws<ArgumentException>(() =>
                audit.Add(AuditEventTypes.Unlocked, "a", Requester.None, reason: "because")
            );
            var removed = audit.Add(AuditEventTypes.FactorRemoved, "a", Requester.None, reason: "totp passkeys");
            Assert.Equal("totp passkeys", removed.Reason);
            return Task.FromResult(0);
        });
    }
}
