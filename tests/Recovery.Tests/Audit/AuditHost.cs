using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>What the audit's tests do to a host.</summary>
internal static class AuditHost
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Writes events, each in a transaction of its own and a second apart.</summary>
    public static async Task<List<AuditEvent>> WriteAsync(
        this RecoveryHost host,
        int count,
        string type = AuditEventTypes.SignedIn,
        string? why = null
    )
    {
        var written = new List<AuditEvent>();
        for (var i = 0; i < count; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            written.Add(await host.WriteOneAsync($"account-{i}", type, why));
        }

        return written;
    }

    public static Task<AuditEvent> WriteOneAsync(
        this RecoveryHost host,
        string accountId,
        string type = AuditEventTypes.SignedIn,
        string? why = null
    ) =>
        host.InScopeAsync(p =>
        {
            var audit = (AuditLog)p.GetService(typeof(AuditLog))!;
            var work = (UnitOfWork)p.GetService(typeof(UnitOfWork))!;
            return work.RunAsync(
                _ =>
                    Task.FromResult(
                        audit.Add(
                            type,
                            accountId,
                            RecoveryHost.Origin,
                            "subject",
                            null,
                            "actor",
                            "pwd otp mfa",
                            why,
                            about: "reason"
                        )
                    ),
                Cancelled
            );
        });

    public static Task<int> SealAsync(this RecoveryHost host) =>
        host.CallAsync<SealAudit, int>(s => s.RunAsync(Cancelled));

    public static Task<AuditVerification> VerifyAsync(this RecoveryHost host, AuditMark? kept = null) =>
        host.CallAsync<VerifyAudit, AuditVerification>(v => v.RunAsync(kept, Cancelled));

    public static Task PruneAsync(this RecoveryHost host) =>
        host.CallAsync<PruneAudit, bool>(async p =>
        {
            await p.RunAsync(Cancelled);
            return true;
        });

    /// <summary>Does what somebody does who has the database's password.</summary>
    public static async Task TamperAsync(this RecoveryHost host, Func<IdpDbContext, Task> tamper)
    {
        await using var context = host.Database.OpenContext();
        await tamper(context);
    }

    public static async Task<List<AuditSeal>> SealsAsync(this RecoveryHost host) =>
        [.. (await host.RowsAsync<AuditSeal>()).OrderBy(s => s.Sequence)];

    public static IQueryable<AuditSeal> SealAt(this IdpDbContext context, long sequence) =>
        context.Set<AuditSeal>().Where(s => s.Sequence == sequence);
}
