using System.Net;
using IdP.Recovery;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Mail;

/// <summary>Section <c>Mail</c>: the server that takes the mail, and who it is from.</summary>
internal sealed class MailOptions
{
    public const string Section = "Mail";

    /// <summary>The mail server's name. Must be set, save in Development, which then keeps mail for <c>/dev/mail</c>.</summary>
    public string? Host { get; set; }

    /// <summary>1 to 65535. Default 587, submission with STARTTLS (RFC 6409); 465 goes with <see cref="MailSecurity.Tls"/>.</summary>
    public int Port { get; set; } = 587;

    /// <summary>Default <see cref="MailSecurity.StartTls"/>: a server that does not offer it gets no mail.</summary>
    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>
    /// A PEM file of certificates that are trusted for this server alone, for one with a certificate of its own
    /// making. Default: none; the system's are trusted.
    /// </summary>
    public string? TrustedCertificates { get; set; }

    /// <summary>Default: none; the server is not signed in to.</summary>
    public string? UserName { get; set; }

    /// <summary>Goes with <see cref="UserName"/>.</summary>
    public string? Password { get; set; }

    /// <summary>The sender's address. Must be set with <see cref="Host"/>; otherwise <c>no-reply@</c> the origin's host.</summary>
    public string? From { get; set; }

    /// <summary>The sender's name. Default: <c>Branding:Name</c>.</summary>
    public string? FromName { get; set; }

    /// <summary>The longest wait for one answer of the server, 1 to 60 s. A whole mail may take four. Default 20 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Development without <see cref="Host"/>: a folder in which each mail is left as an .eml file. Default: none.</summary>
    public string? PickupDirectory { get; set; }
}

/// <summary>How the way to the mail server is kept secret.</summary>
internal enum MailSecurity
{
    /// <summary>STARTTLS, or no mail.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>In clear; only on a loopback address.</summary>
    None,
}

/// <summary>Checks the section at start.</summary>
internal sealed class MailOptionsCheck(IHostEnvironment environment) : IValidateOptions<MailOptions>
{
    public ValidateOptionsResult Validate(string? name, MailOptions options)
    {
        var hasHost = !string.IsNullOrWhiteSpace(options.Host);
        if (!hasHost && environment.IsDevelopment())
        {
            return ValidateOptionsResult.Success;
        }

        List<string> wrong = hasHost ? [] : ["Mail:Host must be set to the name of a mail server, but was empty."];
        if (options.Port is < 1 or > 65535)
        {
            wrong.Add($"Mail:Port must be 1 to 65535, but was {options.Port}.");
        }

        if (!Enum.IsDefined(options.Security))
        {
            wrong.Add($"Mail:Security must be StartTls, Tls or None, but was {options.Security}.");
        }

        // Security: threat 2; whoever can read a reset mail on its way has the account.
        if (hasHost && options.Security == MailSecurity.None && !IsLoopback(options.Host!))
        {
            wrong.Add(
                $"Mail:Security must be StartTls or Tls for a host that is not loopback, but was None for '{options.Host}'."
            );
        }

        if (EmailAddress.Normalize(options.From) is null)
        {
            wrong.Add($"Mail:From must be an address such as no-reply@example.org, but was '{options.From}'.");
        }

        if (options.UserName is null != options.Password is null)
        {
            wrong.Add("Mail:UserName and Mail:Password must be set together, but one was empty.");
        }

        if (options.Timeout < TimeSpan.FromSeconds(1) || options.Timeout > TimeSpan.FromMinutes(1))
        {
            wrong.Add($"Mail:Timeout must be 00:00:01 to 00:01:00, but was {options.Timeout}.");
        }

        if (options.TrustedCertificates is { } file && !File.Exists(file))
        {
            wrong.Add($"Mail:TrustedCertificates must be a PEM file, but '{file}' is not there.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
