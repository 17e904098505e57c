using System.Data.Common;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Factors;
using IdP.Recovery.Passwords;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Recovery.Tests.Attacks;

/// <summary>Accounts with a defence taken out, to show that an attack is noticed.</summary>
internal sealed class WeakAccounts(IdentityAccounts<Account, string> real, bool forgetsFactors) : IAccounts
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

    public Task<bool> NoteSignInAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        real.NoteSignInAsync(account, cancellationToken);

    public Task<bool> HoldAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        real.HoldAsync(account, cancellationToken);

    public Task<bool> DropFactorsAsync(RecoverableAccount account, CancellationToken cancellationToken) =>
        real.DropFactorsAsync(account, cancellationToken);

    public bool CanSuspend => real.CanSuspend;

    public Task ForgetHostFactorAsync(string accountId, CancellationToken cancellationToken) =>
        real.ForgetHostFactorAsync(accountId, cancellationToken);

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

    private RecoverableAccount? Weaken(RecoverableAccount? account) =>
        account is not null && forgetsFactors ? account with { Factors = EnrolledFactors.None } : account;

    private static void Replace(IServiceCollection services, bool forgetsFactors, bool keepsStamp)
    {
        services.AddScoped<IAccounts>(p => new WeakAccounts(
            ActivatorUtilities.CreateInstance<IdentityAccounts<Account, string>>(p),
            forgetsFactors
        ));
        if (keepsStamp)
        {
            services.AddScoped<IPasswords>(p => new StampKeepingPasswords(
                ActivatorUtilities.CreateInstance<IdentityPasswords<Account, string>>(p),
                p.GetRequiredService<IdpDbContext>()
            ));
        }
    }

    private sealed class StampKeepingPasswords(IdentityPasswords<Account, string> real, IdpDbContext context)
        : IPasswords
    {
        public async Task<bool> SetAsync(
            RecoverableAccount account,
            string passwordHash,
            bool liftLockout,
            CancellationToken cancellationToken
        )
        {
            var set = await real.SetAsync(account, passwordHash, liftLockout, cancellationToken);
            await context
                .Set<Account>()
                .Where(a => a.Id == account.Id)
                .ExecuteUpdateAsync(u => u.SetProperty(a => a.SecurityStamp, account.SecurityStamp), cancellationToken);
            return set;
        }

        public Task<PasswordCheck> CheckAsync(
            string? email,
            string? password,
            Requester requester,
            CancellationToken cancellationToken
        ) => real.CheckAsync(email, password, requester, cancellationToken);

        public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
            real.HashAsync(password, cancellationToken);
    }

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
