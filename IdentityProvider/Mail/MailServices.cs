using IdentityProvider.Operations;
using IdP.Recovery.Ports;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Mail;

internal static class MailServices
{
    /// <summary>Mail by SMTP; in Development without <c>Mail:Host</c>, kept for <c>/dev/mail</c>.</summary>
    public static IServiceCollection AddMail(
        this IServiceCollection services,
        IConfiguration configuration,
        IHostEnvironment environment
    )
    {
        var section = configuration.GetSection(MailOptions.Section);
        services.AddOptions<MailOptions>().Bind(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsCheck>();
        services.AddSingleton<MailMessages>();
        if (environment.IsDevelopment() && string.IsNullOrWhiteSpace(section["Host"]))
        {
            services.AddSingleton<DevelopmentMailbox>();
            services.AddSingleton<IRecoveryMailer>(p => p.GetRequiredService<DevelopmentMailbox>());
        }
        else
        {
            services.AddSingleton<SmtpConnections>();
            services.AddSingleton<IRecoveryMailer, SmtpRecoveryMailer>();
        }

        return services;
    }

    /// <summary>A caught mail's HTML as a document of its own, for a frame that lets nothing run.</summary>
    public static void MapDevelopmentMail(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<DevelopmentMailbox>() is not { } mailbox)
        {
            return;
        }

        endpoints.MapGet(
            "/dev/mail/{id:guid}/html",
            (Guid id, HttpContext http) =>
            {
                ContentSecurity.Replace(
                    http,
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                        + "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
                );
                return mailbox.Find(id) is { } mail
                    ? Results.Content(mail.Html, "text/html; charset=utf-8")
                    : Results.NotFound();
            }
        );
    }
}
