using System.Globalization;
using IdP.Recovery;
using IdP.Recovery.Enrollment;
using IdP.UI.TagHelpers;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Console;

/// <summary>Says where somebody stands: a word with an icon, never colour alone.</summary>
internal sealed class MfaWords(EnrollmentStatuses statuses, TimeProvider time, IStringLocalizer<Text> text)
{
    public EnrollmentStatus StatusOf(RecoverableAccount account) => statuses.Of(account);

    public (Tone Tone, string Icon, string Words) Describe(RecoverableAccount account) =>
        statuses.Of(account) switch
        {
            EnrollmentStatus.Enrolled => (Tone.Success, "shield", text["Mfa.Enrolled"]),
            EnrollmentStatus.InEnrollment(var until) => (Tone.Warning, "clock", Left(until)),
            EnrollmentStatus.EnrollmentExpired => (Tone.Danger, "warning", text["Mfa.Expired"]),
            EnrollmentStatus.NotEnrolled => (Tone.Neutral, "dot", text["Mfa.NotEnrolled"]),
            EnrollmentStatus.NotRequired => (Tone.Neutral, "dot", text["Mfa.NotRequired"]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private string Left(DateTimeOffset until)
    {
        var left = until - time.GetUtcNow();
        return left.TotalDays >= 2
                ? text["Mfa.EnrollingDays", ((int)left.TotalDays).ToString(CultureInfo.CurrentCulture)]
            : left.TotalHours >= 2
                ? text["Mfa.EnrollingHours", ((int)left.TotalHours).ToString(CultureInfo.CurrentCulture)]
            : text["Mfa.EnrollingSoon"];
    }
}
