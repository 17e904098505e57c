using IdP.Recovery.Audit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>The reset, step by step.</summary>
internal static class PasswordResetServices
{
    public static void AddPasswordReset(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<PasswordResetOptions>(configuration.GetSection("PasswordReset"));
        services.AddCheckedOptions<AdministratorResetOptions>(configuration.GetSection("AdministratorReset"));
        services.AddScoped<PasswordResetTokens>();
        services.AddScoped(p => new AskForPasswordReset(
            p.GetRequiredService<UnitOfWork>(),
            p.GetRequiredService<MailLimits>(),
            p.GetRequiredService<AuditLog>(),
            p.GetRequiredService<RecoveryMetrics>(),
            p.GetRequiredService<DevelopmentLog>(),
            p.GetRequiredService<IOptions<PasswordResetOptions>>()
        ));
        services.AddScoped<SendResetFor>();
        services.AddScoped<IssuePasswordReset>();
        services.AddScoped<OpenPasswordReset>();
        services.AddSingleton<PasswordResetGate>();
        services.AddScoped<ProvePasswordReset>();
        services.AddScoped<TellAdministrators>();
        services.AddScoped<StopPasswordReset>();
        services.AddScoped<ApprovePasswordReset>();
        services.AddScoped<CompletePasswordReset>();
        services.AddScoped<ChangePassword>();
        services.AddScoped<ReportNotMe>();
        services.AddOutboxHandler<SendPasswordReset>(SendPasswordReset.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendResetAlert>(SendResetAlert.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendResetDone>(SendResetDone.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendResetStopped>(SendResetStopped.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendResetWaiting>(SendResetWaiting.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendPasswordChangeNotice>(SendPasswordChangeNotice.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<EndAccess>(EndAccess.Kind, OutboxLane.Access);
    }
}
