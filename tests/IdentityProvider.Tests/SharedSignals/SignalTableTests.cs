using IdentityProvider.SharedSignals;
using IdP.Recovery.Audit;
using Xunit;

namespace IdentityProvider.Tests.SharedSignals;

/// <summary>Which word of CAEP and RISC stands for which audit event (requirement 13).</summary>
public sealed class SignalTableTests
{
    [Theory]
    [InlineData("password-reset.completed", null, "password", "update")]
    [InlineData("password.changed", null, "password", "update")]
    [InlineData("factor.added", "totp", "app", "create")]
    [InlineData("factor.removed", "totp", "app", "delete")]
    [InlineData("factor.added", "passkey", "fido2-platform", "create")]
    [InlineData("factor.removed", "passkey", "fido2-platform", "delete")]
    [InlineData("factor.added", "passkey-roaming", "fido2-roaming", "create")]
    [InlineData("factor.removed", "passkey-roaming", "fido2-roaming", "delete")]
    public void A_credential_that_changes_is_a_credential_change(
        string type,
        string? reason,
        string credential,
        string change
    )
    {
        var signal = SignalTable.Of(Audited(type, reason));

        Assert.Equal(SignalTable.CredentialChange, signal?.EventType);
        Assert.False(signal!.OfSession);
        Assert.Equal(credential, signal.Content["credential_type"]!.GetValue<string>());
        Assert.Equal(change, signal.Content["change_type"]!.GetValue<string>());
        Assert.Equal("user", signal.Content["initiating_entity"]!.GetValue<string>());
        Assert.NotEmpty(signal.Content["reason_admin"]!["en"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("ada", "user")]
    [InlineData("root", "admin")]
    [InlineData("command-line", "admin")]
    public void Who_did_it_says_who_initiated_it(string actor, string initiator) =>
        Assert.Equal(
            initiator,
            SignalTable.Of(Audited("factor.removed", "totp", actor))!.Content["initiating_entity"]!.GetValue<string>()
        );

    [Fact]
    public void An_administrators_reset_deletes_the_apps_by_policy()
    {
        var content = SignalTable.Of(Audited("factors.rotated"))!.Content;

        Assert.Equal("app", content["credential_type"]!.GetValue<string>());
        Assert.Equal("delete", content["change_type"]!.GetValue<string>());
        Assert.Equal("policy", content["initiating_entity"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("signed-out", "user")]
    [InlineData("ended-by-owner", "user")]
    [InlineData("credential-changed", "policy")]
    [InlineData("account-closed", "admin")]
    public void A_session_that_ends_is_revoked(string reason, string initiator)
    {
        var signal = SignalTable.Of(Audited(AuditEventTypes.SessionEnded, reason));

        Assert.Equal(SignalTable.SessionRevoked, signal?.EventType);
        Assert.True(signal!.OfSession);
        Assert.Equal(initiator, signal.Content["initiating_entity"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("account.suspended", null, SignalTable.AccountDisabled)]
    [InlineData("account.activated", null, SignalTable.AccountEnabled)]
    [InlineData("password-reset.opened", null, SignalTable.RecoveryActivated)]
    [InlineData("recovery-codes.created", null, SignalTable.RecoveryInformationChanged)]
    [InlineData("recovery-code.used", null, SignalTable.RecoveryInformationChanged)]
    [InlineData("address.confirmed", null, SignalTable.RecoveryInformationChanged)]
    [InlineData("address.changed", null, SignalTable.RecoveryInformationChanged)]
    [InlineData("address.removed", null, SignalTable.RecoveryInformationChanged)]
    public void The_rest_is_told_in_the_words_of_RISC(string type, string? reason, string eventType) =>
        Assert.Equal(eventType, SignalTable.Of(Audited(type, reason))?.EventType);

    [Theory]
    [InlineData("address.added", null)]
    [InlineData("address.removed", "unconfirmed")]
    public void An_address_that_does_not_count_has_changed_nothing(string type, string? reason) =>
        Assert.Null(SignalTable.Of(Audited(type, reason)));

    [Theory]
    [InlineData("account.locked")]
    [InlineData("account.unlocked")]
    [InlineData("factor.disabled")]
    [InlineData("password.not-me")]
    [InlineData("password-reset.requested")]
    [InlineData("password-reset.sent")]
    [InlineData("sign-in.failed")]
    [InlineData("sign-in.succeeded")]
    [InlineData("access.ended")]
    public void A_lockout_and_whatever_has_no_word_is_not_told(string type) =>
        Assert.Null(SignalTable.Of(Audited(type)));

    private static AuditEvent Audited(string type, string? reason = null, string? actor = null) =>
        new()
        {
            Type = type,
            Reason = reason,
            AccountId = "ada",
            ActorId = actor,
        };
}
