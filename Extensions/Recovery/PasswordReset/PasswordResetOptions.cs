using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.PasswordReset;

/// <summary>Section <c>AccountRecovery:PasswordReset</c>.</summary>
public sealed class PasswordResetOptions : IValidatableObject
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>How long a user's link works. Default 60 minutes; 5 minutes to 24 hours (SP 800-63B-4, 4.2.1.2).</summary>
    public TimeSpan UserLinkLifetime { get; set; } = TimeSpan.FromMinutes(60);

    /// <summary>How long an administrator's link works. Default 30 minutes; 5 minutes to 24 hours.</summary>
    public TimeSpan AdministratorLinkLifetime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long the link to set up a new account works. Default and at most 24 hours.</summary>
    public TimeSpan SetUpLinkLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long 'this was not me' works after a change. Default 7 days; 1 hour to 30 days.</summary>
    public TimeSpan NotMeLinkLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Requests for one address within <see cref="LimitWindow"/>. Default 3; at least 1.</summary>
    [Range(
        1,
        int.MaxValue,
        ErrorMessage = "AccountRecovery:PasswordReset:RequestsPerAddress must be at least 1, but was another number."
    )]
    public int RequestsPerAddress { get; set; } = 3;

    /// <summary>Requests from one client network within <see cref="LimitWindow"/>. Default 20; at least 1.</summary>
    [Range(
        1,
        int.MaxValue,
        ErrorMessage = "AccountRecovery:PasswordReset:RequestsPerNetwork must be at least 1, but was another number."
    )]
    public int RequestsPerNetwork { get; set; } = 20;

    /// <summary>The sliding window of both limits. Default 15 minutes; 1 minute to 24 hours.</summary>
    public TimeSpan LimitWindow { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Leading bits of an IPv4 address that make a network. Default 32; 8 to 32.</summary>
    [Range(
        8,
        32,
        ErrorMessage = "AccountRecovery:PasswordReset:Ipv4NetworkBits must be from 8 to 32, but was another number."
    )]
    public int Ipv4NetworkBits { get; set; } = 32;

    /// <summary>Leading bits of an IPv6 address that make a network. Default 64; 16 to 128.</summary>
    [Range(
        16,
        128,
        ErrorMessage = "AccountRecovery:PasswordReset:Ipv6NetworkBits must be from 16 to 128, but was another number."
    )]
    public int Ipv6NetworkBits { get; set; } = 64;

    /// <summary>Whether a completed reset ends a lockout. Default true.</summary>
    public bool LiftsLockout { get; set; } = true;

    /// <summary>How long ended requests are kept. Default 30 days; at least 1 day.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    internal TimeSpan Lifetime(PasswordResetPurpose purpose, Audience audience) =>
        purpose == PasswordResetPurpose.SetUp ? SetUpLinkLifetime
        : audience == Audience.Administrator ? AdministratorLinkLifetime
        : UserLinkLifetime;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        return new[]
        {
            Between(nameof(UserLinkLifetime), UserLinkLifetime, Shortest, Longest),
            Between(nameof(AdministratorLinkLifetime), AdministratorLinkLifetime, Shortest, Longest),
            Between(nameof(SetUpLinkLifetime), SetUpLinkLifetime, Shortest, Longest),
            Between(nameof(NotMeLinkLifetime), NotMeLinkLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(30)),
            Between(nameof(LimitWindow), LimitWindow, TimeSpan.FromMinutes(1), Longest),
            Between(nameof(Retention), Retention, TimeSpan.FromDays(1), TimeSpan.FromDays(3650)),
        }.OfType<ValidationResult>();
    }

    private static ValidationResult? Between(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        value >= least && value <= most
            ? null
            : new($"AccountRecovery:PasswordReset:{name} must be from {least} to {most}, but was {value}.", [name]);
}
