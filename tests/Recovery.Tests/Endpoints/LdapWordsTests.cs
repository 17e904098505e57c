using System.DirectoryServices.Protocols;
using IdP.Recovery.Endpoints;
using IdP.Recovery.Ldap;
using Xunit;

namespace Recovery.Tests.Endpoints;

/// <summary>What is said to a directory, and what its answers mean.</summary>
public sealed class LdapWordsTests
{
    [Theory]
    [InlineData(11, "", DeliveryFlaw.Full, false)]
    [InlineData(53, "operation restricted", DeliveryFlaw.ReadOnly, false)]
    [InlineData(53, "", DeliveryFlaw.PasswordPolicy, true)]
    [InlineData(19, "", DeliveryFlaw.PasswordPolicy, true)]
    [InlineData(50, "", DeliveryFlaw.Rights, false)]
    [InlineData(51, "", DeliveryFlaw.Unavailable, false)]
    [InlineData(10, "", DeliveryFlaw.Redirect, false)]
    [InlineData(3, "", DeliveryFlaw.TimedOut, false)]
    [InlineData(32, "", DeliveryFlaw.NoAccount, true)]
    [InlineData(80, "", DeliveryFlaw.Unavailable, false)]
    public void What_a_result_code_means_for_a_password(int code, string message, DeliveryFlaw flaw, bool isFinal) =>
        Assert.Equal(
            (flaw, isFinal),
            LdapResults.Outcome((ResultCode)code, message, sendsPassword: true) switch
            {
                DeliveryOutcome.Refused refused => (refused.Flaw, true),
                DeliveryOutcome.NotYet notYet => (notYet.Flaw, false),
                var other => throw new InvalidOperationException(other.ToString()),
            }
        );

    [Theory]
    [InlineData("ada", "ada")]
    [InlineData("*", "\\2a")]
    [InlineData("a)(uid=*", "a\\29\\28uid=\\2a")]
    [InlineData("a\\b\0", "a\\5cb\\00")]
    [InlineData("Jörg", "Jörg")]
    public void Nothing_in_a_value_is_read_as_part_of_a_filter(string value, string escaped) =>
        Assert.Equal(escaped, LdapFilter.Escape(value));
}
