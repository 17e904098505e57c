using IdP.Recovery.Addresses;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Dashboard;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.MfaReset;
using IdP.Recovery.Passkeys;
using IdP.Recovery.PasswordReset;
using IdP.Recovery.Passwords;
using IdP.Recovery.Ports;
using IdP.Recovery.RecoveryCodes;
using IdP.Recovery.SignIn;
using IdP.Recovery.Suspension;
using IdP.Recovery.Totp;
using IdP.Recovery.Unlock;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery;

/// <summary>Adds account recovery to a host that uses ASP.NET Core Identity with EF Core.</summary>
public static class AccountRecoveryServices
{
    /// <summary>
    /// Adds the slices. The host also registers a <see cref="TimeProvider"/> and the ports of <c>IdP.Recovery.Ports</c>, calls
    /// <see cref="AccountRecoveryModel.UseAccountRecovery"/> in its model, and lets its scheduler call
    /// <see cref="OutboxSweep"/> and <see cref="SealAudit"/> every minute, <see cref="PruneRecovery"/>,
    /// <see cref="PruneAudit"/> and <see cref="RecordMfaCoverage"/> every hour.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The section <c>AccountRecovery</c>; each option is checked at start.</param>
    /// <typeparam name="TUser">The host's user type.</typeparam>
    /// <typeparam name="TContext">The host's context, in whose transactions everything happens.</typeparam>
    public static IServiceCollection AddAccountRecovery<TUser, TContext>(
        this IServiceCollection services,
        IConfiguration configuration
    )
        where TUser : IdentityUser
        where TContext : DbContext
    {
        services.AddCheckedOptions<PasswordResetOptions>(configuration.GetSection("PasswordReset"));
        services.AddCheckedOptions<AdministratorResetOptions>(configuration.GetSection("AdministratorReset"));
        services.AddCheckedOptions<LockoutOptions>(configuration.GetSection("Lockout"));
        services.AddCheckedOptions<MfaOptions>(configuration.GetSection("Mfa"));
        services.AddCheckedOptions<TotpOptions>(configuration.GetSection("Totp"));
        services.AddCheckedOptions<OutboxOptions>(configuration.GetSection("Outbox"));
        services.AddCheckedOptions<HashingOptions>(configuration.GetSection("Hashing"));
        services.AddCheckedOptions<PasswordPolicyOptions>(configuration.GetSection("Passwords"));
        services.AddSingleton<HashingQueue>();
        services.AddSingleton<PasswordPolicy>();
        services.AddMetrics();
        services.AddSingleton<RecoveryMetrics>();

        services.AddSingleton<Secrets>();
        services.AddSingleton<DummyPassword<TUser>>();
        services.AddScoped(p => new UnitOfWork(
            p.GetRequiredService<TContext>(),
            p.GetRequiredService<IRecoveryJobs>(),
            p.GetRequiredService<OutboxLanes>(),
            p.GetRequiredService<TimeProvider>()
        ));
        AddAudit(services, configuration);
        services.AddScoped<RequestLimits>();
        services.AddSingleton<ClientNetworks>();
        services.AddScoped(p => new MailLimits(
            p.GetRequiredService<RequestLimits>(),
            p.GetRequiredService<ClientNetworks>(),
            p.GetRequiredService<IOptions<PasswordResetOptions>>(),
            p.GetRequiredService<IOptions<AddressOptions>>()
        ));
        services.AddScoped<IdentityAccounts<TUser>>();
        services.AddScoped<IAccounts>(p => p.GetRequiredService<IdentityAccounts<TUser>>());
        services.AddScoped<IAccountDirectory>(p => p.GetRequiredService<IdentityAccounts<TUser>>());
        services.AddScoped<ICountMfaCoverage, CountMfaCoverage<TUser>>();
        services.AddScoped(p => new RecordMfaCoverage(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<ICountMfaCoverage>()
        ));
        services.AddScoped(p => new ReadDashboard(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<ICountMfaCoverage>()
        ));
        services.AddScoped<IAccountNames, IdentityAccountNames<TUser>>();
        AddOutbox(services);
        AddFactors(services);
        AddSignIn(services);
        AddPasswordReset(services);
        AddUnlock(services);
        AddAddresses(services, configuration);
        AddEnrollment(services, configuration);
        AddMfaReset(services, configuration);
        AddPasskeys<TUser>(services, configuration);
        return services;
    }

    /// <summary>Adds a kind of outbox work of the host's own.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="kind">The name given to <see cref="UnitOfWork.Enqueue"/>.</param>
    /// <param name="lane">Where it waits.</param>
    /// <typeparam name="THandler">Who does it; made anew for every entry.</typeparam>
    public static IServiceCollection AddOutboxHandler<THandler>(
        this IServiceCollection services,
        string kind,
        OutboxLane lane
    )
        where THandler : class, IOutboxHandler =>
        services.AddSingleton(new OutboxKind(kind, lane)).AddKeyedScoped<IOutboxHandler, THandler>(kind);

    private static void AddAudit(IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<AuditOptions>(configuration.GetSection("Audit"));
        services.AddScoped<AuditLog>();
        services.AddSingleton<SealAudit>();
        services.AddSingleton<PruneAudit>();
        services.AddScoped<VerifyAudit>();
        services.AddScoped<SearchAudit>();
        services.AddScoped<ExportAudit>();
    }

    private static void AddOutbox(IServiceCollection services)
    {
        services.AddSingleton<OutboxLanes>();
        services.AddSingleton(p => new OutboxRunner(
            p.GetRequiredService<IServiceScopeFactory>(),
            p.GetRequiredService<IRecoveryJobs>(),
            p.GetRequiredService<OutboxLanes>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<IOptions<OutboxOptions>>(),
            p.GetRequiredService<RecoveryMetrics>(),
            p.GetRequiredService<ILogger<OutboxRunner>>()
        ));
        services.AddScoped(p => new OutboxSweep(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<IRecoveryJobs>(),
            p.GetRequiredService<OutboxLanes>()
        ));
        services.AddScoped<WorkOwners>();
        services.AddScoped(p => new UnfinishedWork(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<WorkOwners>(),
            p.GetRequiredService<IOptions<OutboxOptions>>()
        ));
    }

    private static void AddFactors(IServiceCollection services)
    {
        services.AddSingleton<MfaPolicy>();
        services.AddScoped<FailureCounts>();
        services.AddScoped<VerifyFactor>();
        services.AddSingleton<TotpKeys>();
        services.AddScoped<TotpCodes>();
        services.AddScoped<EnrollTotp>();
        services.AddScoped<ManageTotp>();
        services.AddScoped<RotateTotp>();
        services.AddScoped<RecoveryCodeSet>();
        services.AddScoped<CreateRecoveryCodes>();
        services.AddScoped<SpendRecoveryCode>();
        services.AddOutboxHandler<SendFactorNotice>(SendFactorNotice.Kind, OutboxLane.Mail);
    }

    private static void AddSignIn(IServiceCollection services)
    {
        services.AddScoped<SignInWithPassword>();
        services.AddScoped<SignInWithFactor>();
        services.AddScoped<EnrollAtSignIn>();
        services.AddScoped<FinishSignIn>();
        services.AddScoped<PendingSignIns>();
        services.AddScoped<RememberedBrowsers>();
        services.AddScoped<ProveAgain>();
        services.AddScoped<EndOtherAccess>();
    }

    private static void AddEnrollment(IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<EnrollmentOptions>(configuration.GetSection("Enrollment"));
        services.AddSingleton<EnrollmentStatuses>();
        services.AddScoped<EnrollmentDeadline>();
        services.AddScoped<TakeHold>();
        services.AddScoped<SetEnrollmentPeriod>();
        services.AddScoped<AnnounceEnrollments>();
        services.AddScoped<PreviewPolicy>();
        services.AddScoped<PreviewLimits>();
        services.AddOutboxHandler<SendEnrollmentNotice>(SendEnrollmentNotice.Kind, OutboxLane.Mail);
    }

    private static void AddMfaReset(IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<MfaResetOptions>(configuration.GetSection("MfaReset"));
        services.AddScoped<MfaResetRules>();
        services.AddScoped<ResetMfa>();
        services.AddScoped<ApproveMfaReset>();
        services.AddScoped<PreviewMfaReset>();
        services.AddScoped<ResetMfaOfMany>();
        services.AddScoped<ChangeRoles>();
        services.AddScoped<ExportAccounts>();
        services.AddScoped<SendResetFor>();
        services.AddOutboxHandler<RunMfaResetBatch>(RunMfaResetBatch.Kind, OutboxLane.Batches);
        services.AddOutboxHandler<SendMfaResetNotice>(SendMfaResetNotice.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendMfaResetPending>(SendMfaResetPending.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendMfaResetDeclined>(SendMfaResetDeclined.Kind, OutboxLane.Mail);
    }

    private static void AddAddresses(IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<AddressOptions>(configuration.GetSection("Addresses"));
        services.AddScoped<ListAddresses>();
        services.AddScoped<AddAddress>();
        services.AddScoped<ConfirmAddress>();
        services.AddScoped<MakeAddressPrimary>();
        services.AddScoped<RemoveAddress>();
        services.AddScoped<TellEveryAddress>();
        services.AddOutboxHandler<SendAddressCode>(SendAddressCode.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendAddressNotice>(SendAddressNotice.Kind, OutboxLane.Mail);
    }

    private static void AddUnlock(IServiceCollection services)
    {
        services.AddScoped<MailedLinks>();
        services.AddScoped<UnlockAccount>();
        services.AddScoped<SuspendAccount>();
        services.AddOutboxHandler<SendLockoutNotice>(SendLockoutNotice.Kind, OutboxLane.Mail);
    }

    private static void AddPasswordReset(IServiceCollection services)
    {
        services.AddScoped<PasswordResetTokens>();
        services.AddScoped<RequestPasswordReset>();
        services.AddScoped<OpenPasswordReset>();
        services.AddSingleton<PasswordResetGate>();
        services.AddScoped<ProvePasswordReset>();
        services.AddScoped<TellAdministrators>();
        services.AddScoped<StopPasswordReset>();
        services.AddScoped<ApprovePasswordReset>();
        services.AddScoped<CompletePasswordReset>();
        services.AddScoped<IssuePasswordReset>();
        services.AddScoped<ChangePassword>();
        services.AddScoped<ReportNotMe>();
        services.AddScoped<PruneRecovery>();
        services.AddOutboxHandler<SendPasswordReset>(SendPasswordReset.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendPasswordChangeNotice>(SendPasswordChangeNotice.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<EndAccess>(EndAccess.Kind, OutboxLane.Access);
        services.AddOutboxHandler<SendResetAlert>(SendResetAlert.Kind, OutboxLane.Mail);
    }

    private static void AddPasskeys<TUser>(IServiceCollection services, IConfiguration configuration)
        where TUser : IdentityUser
    {
        services.AddCheckedOptions<PasskeyOptions>(configuration.GetSection("Passkeys"));
        services.ConfigureOptions<ConfigurePasskeys>();

        // The first version of Identity's model that has passkeys; the host's context reads it from here.
        services.Configure<IdentityOptions>(identity =>
            identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3
        );
        services.TryAddScoped<IPasskeyHandler<TUser>, PasskeyHandler<TUser>>();
        services.AddScoped<IPasskeys, IdentityPasskeys<TUser>>();
        services.AddSingleton<PasskeyAttestations>();
        services.AddScoped<PasskeyChallenges>();
        services.AddScoped<CreatePasskey>();
        services.AddScoped<UsePasskey>();
        services.AddScoped<ListPasskeys>();
        services.AddScoped<RenamePasskey>();
        services.AddScoped<RemovePasskey>();
        services.AddScoped<SignInWithPasskey>();
    }

    internal static void AddCheckedOptions<TOptions>(this IServiceCollection services, IConfiguration section)
        where TOptions : class =>
        services.AddOptions<TOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
}
