using IdP.Recovery.Audit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdP.Recovery;

/// <summary>
/// Tells an engineer at work what no page and no other log tells: why a mail did not go out, and what failed in which words,
/// addresses among them. Silent everywhere but in Development.
/// </summary>
internal sealed partial class DevelopmentLog(IServiceProvider services, ILogger<DevelopmentLog> logger)
{
    private readonly bool isOn = services.GetService<IHostEnvironment>()?.IsDevelopment() == true;

    public void NoMail(string reason)
    {
        if (isOn)
        {
            LogNoMail(reason, Explain(reason));
        }
    }

    public void Failed(string kind, Exception exception)
    {
        if (isOn)
        {
            LogFailed(exception, kind);
        }
    }

    private static string Explain(string reason) =>
        reason switch
        {
            AuditReasons.Unknown => "no account has this address",
            AuditReasons.Unconfirmed => "the account's address is not confirmed (EmailConfirmed)",
            AuditReasons.Suspended => "the account is suspended",
            AuditReasons.WrongPortal => "the account is of the other portal, and was told so by mail",
            AuditReasons.Superseded => "a newer link is out",
            AuditReasons.Late => "it would have come too late",
            AuditReasons.Limit => "a limit of AccountRecovery:PasswordReset held it",
            _ => reason,
        };

    [LoggerMessage(LogLevel.Information, "No link to a new password was mailed ({Reason}): {Explanation}")]
    private partial void LogNoMail(string reason, string explanation);

    [LoggerMessage(LogLevel.Warning, "The job {Kind} failed and will be tried again")]
    private partial void LogFailed(Exception exception, string kind);
}
