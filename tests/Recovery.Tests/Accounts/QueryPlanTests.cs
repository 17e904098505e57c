using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Factors;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.SignIn;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Accounts;

/// <summary>What is done for one person costs the same, however many people there are.</summary>
public sealed class QueryPlanTests
{
    private const string Ada = "ada@example.test";

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Neither_a_reset_nor_a_sign_in_nor_the_seals_read_a_table_whole(DatabaseProvider provider)
    {
        var plans = new QueryPlans();
        await using var host = await RecoveryHost.StartAsync(provider, plans.Watch);
        var ada = await host.CreateAccountAsync(Ada);
        var phone = await host.EnrollTotpAsync(ada.Id);
        plans.Seen.Clear();

        var token = await host.RequestTokenAsync(Ada);
        Assert.IsType<OpenedPasswordReset.Usable>(await host.OpenAsync(token));
        Assert.IsType<ProvedPasswordReset.Proved>(
            await host.ProveAsync(token, new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow())))
        );
        Assert.IsType<CompletedPasswordReset.Done>(await host.CompleteAsync(token));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        var browser = new Jar();
        var asked = Assert.IsType<PasswordSignIn.FactorRequired>(
            await host.SignInAsync(browser, Ada, RecoveryHost.BetterPassword)
        );
        Assert.IsType<FactorSignIn.SignedIn>(
            await host.SignInAsync(
                browser,
                asked.Token,
                new FactorProof.Totp(phone.CodeAt(host.Time.GetUtcNow())),
                remember: true
            )
        );
        Assert.True(await host.IsSignedInAsync(browser));
        await host.CallAsync<SealAudit, int>(s => s.RunAsync(TestContext.Current.CancellationToken));
        await host.DrainAsync();

        Assert.NotEmpty(plans.Seen);
        Assert.All(plans.Seen, s => Assert.False(ReadsATableWhole(s.Statement, s.Plan), s.Statement + '\n' + s.Plan));
    }

    // What waits for its seal is read in the order of its key, and no further than a batch.
    private static bool ReadsATableWhole(string statement, string plan) =>
        plan.Split('\n')
            .Any(step =>
                step.Contains("Seq Scan on", StringComparison.Ordinal)
                || step.StartsWith("SCAN ", StringComparison.Ordinal)
                    && step != "SCAN CONSTANT ROW"
                    && !(
                        statement.Contains("\"RecoveryAuditUnsealed\" AS \"r\"", StringComparison.Ordinal)
                        && step.Split(' ')[1] == "r"
                    )
            );
}
