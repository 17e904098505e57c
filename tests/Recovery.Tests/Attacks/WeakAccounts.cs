using System.Data.Common;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Passwords;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Recovery.Tests.Attacks;

/// <summary>Accounts with a defence taken out, to show that an attack is noticed.</summary>
internal sealed class WeakAccounts(
    IdentityAccounts<Account> real,
    IdpDbContext context,
    bool forgetsFactors,
    bool keepsStamp
) : IAccounts
{
    /// <summary>Nobody seems to have a second factor, so that the gate stands open.</summary>
    public static void WithoutFactors(IServiceCollection services) =>
        Replace(services, forgetsFactors: true, keepsStamp: false);

    /// <summary>Nothing ends a link: neither its use, nor a newer one, nor the new password's stamp.</summary>
    public static void WithLastingLinks(IServiceCollection services)
    {
        Replace(services, forgetsFactors: false, keepsStamp: true);
        services.ConfigureDbContext<SqliteIdpDbContext>(o => o.AddInterceptors(new LastingLinks()));
    }

    public async Task<RecoverableAccount?> FindAsync(string accountId, CancellationToken cancellationToken) =>
        Weaken(await real.FindAsync(accountId, cancellationToken));

    public async Task<RecoverableAccount?> FindByAddressAsync(string address, CancellationToken cancellationToken) =>
        Weaken(await real.FindByAddressAsync(address, cancellationToken));

    public Task<bool> SetAddressAsync(
        RecoverableAccount account,
        string address,
        CancellationToken cancellationToken
    ) => real.SetAddressAsync(account, address, cancellationToken);

    public async Task<bool> SetPasswordAsync(
        RecoverableAccount account,
        string passwordHash,
        bool liftLockout,
        CancellationToken cancellationToken
    )
    {
        var set = await real.SetPasswordAsync(account, passwordHash, liftLockout, cancellationToken);
        if (keepsStamp)
        {
            await context
                .Set<Account>()
                .Where(a => a.Id == account.Id)
                .ExecuteUpdateAsync(u => u.SetProperty(a => a.SecurityStamp, account.SecurityStamp), cancellationToken);
        }

        return set;
    }

    public Task<PasswordCheck> CheckPasswordAsync(
        string? email,
        string? password,
        RequestOrigin origin,
        CancellationToken cancellationToken
    ) => real.CheckPasswordAsync(email, password, origin, cancellationToken);

    public PasswordVerdict JudgePassword(RecoverableAccount account, string password) =>
        real.JudgePassword(account, password);

    public Task<string> HashPasswordAsync(string password, CancellationToken cancellationToken) =>
        real.HashPasswordAsync(password, cancellationToken);

    public Task NoteSignInAsync(string accountId, CancellationToken cancellationToken) =>
        real.NoteSignInAsync(accountId, cancellationToken);

    public Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        real.HoldAsync(account, cancellationToken);

    public Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        real.DropFactorsAsync(account, cancellationToken);

    public Task<bool> SetConsoleRolesAsync(
        RecoverableAccount account,
        IReadOnlyCollection<string> roles,
        CancellationToken cancellationToken
    ) => real.SetConsoleRolesAsync(account, roles, cancellationToken);

    public Task<bool> SetSuspendedAsync(
        RecoverableAccount account,
        bool suspended,
        CancellationToken cancellationToken
    ) => real.SetSuspendedAsync(account, suspended, cancellationToken);

    public Task HoldAdministratorsAsync(CancellationToken cancellationToken) =>
        real.HoldAdministratorsAsync(cancellationToken);

    public Task<IReadOnlyList<RecoverableAccount>> ListAdministratorsAsync(CancellationToken cancellationToken) =>
        real.ListAdministratorsAsync(cancellationToken);

    public Task<int> ReplaceStampAsync(string accountId, CancellationToken cancellationToken) =>
        real.ReplaceStampAsync(accountId, cancellationToken);

    public Task<bool> UnlockAsync(string accountId, CancellationToken cancellationToken) =>
        real.UnlockAsync(accountId, cancellationToken);

    public Task LockAsync(string accountId, CancellationToken cancellationToken) =>
        real.LockAsync(accountId, cancellationToken);

    private RecoverableAccount? Weaken(RecoverableAccount? account) =>
        account is not null && forgetsFactors
            ? account with
            {
                HasSecondFactor = false,
                Factors = new(0, 0, 0, TotpRequired: false),
            }
            : account;

    private static void Replace(IServiceCollection services, bool forgetsFactors, bool keepsStamp) =>
        services.AddScoped<IAccounts>(p => new WeakAccounts(
            ActivatorUtilities.CreateInstance<IdentityAccounts<Account>>(p),
            p.GetRequiredService<IdpDbContext>(),
            forgetsFactors,
            keepsStamp
        ));

    // Says that the row was written, and writes nothing.
    private sealed class LastingLinks : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<int> result,
            CancellationToken cancellationToken = default
        ) =>
            ValueTask.FromResult(
                command.CommandText.Contains("\"RecoveryPasswordResetRequests\"")
                && (
                    command.CommandText.Contains("SET \"RedeemedAt\"")
                    || command.CommandText.Contains("SET \"VoidedAt\"")
                )
                    ? InterceptionResult<int>.SuppressWithResult(1)
                    : result
            );
    }
}
