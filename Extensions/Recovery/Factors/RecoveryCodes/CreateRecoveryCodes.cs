using IdP.Recovery.Audit;
using IdP.Recovery.Lockout;

namespace IdP.Recovery.Factors.RecoveryCodes;

/// <summary>Makes a set of saved recovery codes, which kills the one before (threat 15).</summary>
public sealed class CreateRecoveryCodes(
    UnitOfWork work,
    IAccounts accounts,
    RecoveryCodeSet set,
    FailureCounts failures,
    AuditLog audit
)
{
    /// <summary>How many codes a set has (SP 800-63B-4, 4.2.1.1).</summary>
    public const int Count = 10;

    /// <summary>The codes, which are never shown again; none where the account has no second factor to stand in for.</summary>
    /// <param name="account">For whom.</param>
    /// <param name="cancellationToken">Stops; the old set lives then.</param>
    public async Task<IReadOnlyList<string>> RunAsync(
        RecoverableAccount account,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        if (!account.Factors.Any)
        {
            return [];
        }

        var codes = Enumerable.Range(0, Count).Select(_ => Secrets.NewRecoveryCode()).ToList();
        return await work.RunAsync<IReadOnlyList<string>>(
            async inner =>
            {
                // The factor may have gone while this waited for its turn.
                if (
                    !await set.TryHoldAsync(account.Id, inner)
                    || await accounts.FindAsync(account.Id, inner) is not { Factors.Any: true }
                )
                {
                    return [];
                }

                await set.DropAsync(account.Id, inner);
                await failures.ForgetAsync(account.Id, FactorKind.RecoveryCode, inner);
                work.Context.AddRange(codes.Select(code => New(account.Id, code, work.Now)));
                SendFactorNotice.Enqueue(
                    work,
                    audit.Add(AuditEventTypes.RecoveryCodesCreated, account.Id, requester, actorId: account.Id)
                );
                return codes;
            },
            cancellationToken
        );
    }

    internal static RecoveryCode New(string accountId, string code, DateTimeOffset now) =>
        new()
        {
            Id = Guid.CreateVersion7(now),
            AccountId = accountId,
            CodeHash = Secrets.HashRecoveryCode(code)!,
            CreatedAt = now,
        };
}
