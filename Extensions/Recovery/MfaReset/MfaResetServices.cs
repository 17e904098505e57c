using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.MfaReset;

/// <summary>An administrator takes the factors of one or of many.</summary>
internal static class MfaResetServices
{
    public static void AddMfaReset(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<MfaResetOptions>(configuration.GetSection("MfaReset"));
        services.AddScoped<MfaResetRules>();
        services.AddScoped<ResetMfa>();
        services.AddScoped<ApproveMfaReset>();
        services.AddScoped<ObjectToMfaReset>();
        services.AddScoped<PreviewMfaReset>();
        services.AddScoped<ResetMfaOfMany>();
        services.AddOutboxHandler<RunMfaResetBatch>(RunMfaResetBatch.Kind, OutboxLane.Batches);
        services.AddOutboxHandler<SendMfaResetNotice>(SendMfaResetNotice.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendMfaResetPending>(SendMfaResetPending.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendMfaResetWaiting>(SendMfaResetWaiting.Kind, OutboxLane.Mail);
        services.AddOutboxHandler<SendMfaResetDeclined>(SendMfaResetDeclined.Kind, OutboxLane.Mail);
    }
}
