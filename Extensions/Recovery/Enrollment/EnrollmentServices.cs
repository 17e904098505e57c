using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IdP.Recovery.Enrollment;

/// <summary>The period in which a factor must be enrolled.</summary>
internal static class EnrollmentServices
{
    public static void AddEnrollment(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddCheckedOptions<EnrollmentOptions>(configuration.GetSection("Enrollment"));
        services.AddSingleton<EnrollmentStatuses>();
        services.AddScoped<EnrollmentDeadline>();
        services.AddScoped<TakeHold>();
        services.AddScoped<SetEnrollmentPeriod>();
        services.AddScoped<AnnounceEnrollments>();
        services.AddScoped<PreviewPolicy>();
        services.AddOutboxHandler<SendEnrollmentNotice>(SendEnrollmentNotice.Kind, OutboxLane.Mail);
    }
}
