using System.Formats.Asn1;
using System.Text;
using Fido2NetLib;
using Fido2NetLib.Objects;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>
/// The two ceremonies of WebAuthn: what a browser is asked, and whether its answer is right (7.1 and 7.2). Keeps nothing.
/// Domain and origin are the configured ones, whatever a request says (threat 2).
/// </summary>
/// <param name="fido2">Runs them.</param>
/// <param name="passkeys">Knows the public keys.</param>
/// <param name="options">Verification and attestation.</param>
/// <param name="time">When a new one is made.</param>
public sealed partial class PasskeyCeremonies(
    IFido2 fido2,
    IPasskeys passkeys,
    IOptions<PasskeyOptions> options,
    TimeProvider time,
    ILogger<PasskeyCeremonies> logger
)
{
    // Those whose certificates stand where they are looked for (WebAuthn 8).
    private static readonly string[] Formats = ["none", "packed", "tpm", "android-key", "apple", "fido-u2f"];

    // Their signatures are DER (WebAuthn 6.5.5).
    private static readonly COSE.Algorithm[] EllipticCurves =
    [
        COSE.Algorithm.ES256,
        COSE.Algorithm.ES384,
        COSE.Algorithm.ES512,
    ];

    private UserVerificationRequirement Verification =>
        options.Value.UserVerification == PasskeyUserVerification.Required
            ? UserVerificationRequirement.Required
            : UserVerificationRequirement.Preferred;

    /// <summary>What is asked to make a passkey.</summary>
    /// <param name="excluding">The passkeys whose authenticators must not make another.</param>
    internal DescribedCeremony DescribeCreation(
        RecoverableAccount account,
        byte[] userHandle,
        IEnumerable<KeptPasskey> excluding
    )
    {
        var asked = fido2.RequestNewCredential(
            new()
            {
                User = new()
                {
                    Id = userHandle,
                    Name = account.Email,
                    DisplayName = account.DisplayName ?? account.Email,
                },
                ExcludeCredentials = [.. excluding.Select(Name)],
                AuthenticatorSelection = new()
                {
                    ResidentKey = ResidentKeyRequirement.Preferred,
                    UserVerification = Verification,
                },
                AttestationPreference = options.Value.AsksForAttestation
                    ? AttestationConveyancePreference.Direct
                    : AttestationConveyancePreference.None,
            }
        );
        var json = asked.ToJson();
        asked.ExcludeCredentials = [];
        return new(json, asked.ToJson());
    }

    /// <summary>What is asked to use a passkey.</summary>
    /// <param name="allowed">Whose; null for whatever the authenticator offers.</param>
    internal DescribedCeremony DescribeUse(IEnumerable<KeptPasskey>? allowed)
    {
        // Without a password it is the only thing between a found device and the account.
        var asked = fido2.GetAssertionOptions(
            new()
            {
                AllowedCredentials = [.. (allowed ?? []).Select(Name)],
                UserVerification = allowed is null ? UserVerificationRequirement.Required : Verification,
            }
        );
        var json = asked.ToJson();
        asked.AllowCredentials = [];
        return new(json, asked.ToJson());
    }

    /// <summary>Checks a new passkey; null when the answer is not right.</summary>
    /// <param name="asked">As <see cref="DescribedCeremony.Asked"/>.</param>
    /// <param name="answerJson">The browser's answer.</param>
    internal async Task<NewPasskey?> CheckCreationAsync(
        string asked,
        string? answerJson,
        CancellationToken cancellationToken
    )
    {
        if (
            BrowserAnswer.Read<AuthenticatorAttestationRawResponse>(answerJson)
                is not { Response.AttestationObject: { } bytes } answer
            || !AuthenticatorBytes.IsPlainAttestation(bytes)
        )
        {
            return null;
        }

        var original = CredentialCreateOptions.FromJson(asked);
        var made = await CheckedAsync(async () =>
        {
            var (format, data) = Parsed(answer);
            var right = await fido2.MakeNewCredentialAsync(
                new()
                {
                    AttestationResponse = answer,
                    OriginalOptions = original,
                    IsCredentialIdUniqueToUserCallback = (_, _) => Task.FromResult(true),
                },
                cancellationToken
            );
            return IsPossible(data) && right.Id.AsSpan().SequenceEqual(answer.RawId) && Formats.Contains(format)
                ? new NewPasskey(
                    new UserPasskeyInfo(
                        right.Id,
                        right.PublicKey,
                        time.GetUtcNow(),
                        right.SignCount,
                        [.. (right.Transports ?? []).Select(t => t.ToEnumMemberValue())],
                        data.UserVerified,
                        right.IsBackupEligible,
                        right.IsBackedUp,
                        right.AttestationObject,
                        right.AttestationClientDataJson
                    ),
                    original.User.Id,
                    right.AaGuid
                )
                : null;
        });

        // Security: WebAuthn 7.1, step 26. Nobody's passkey becomes somebody else's.
        return made is null || await passkeys.FindAsync(made.Info.CredentialId, cancellationToken) is not null
            ? null
            : made;
    }

    /// <summary>Checks the use of a passkey, all but its counter; null when the answer is not right.</summary>
    /// <param name="asked">As <see cref="DescribedCeremony.Asked"/>.</param>
    /// <param name="answerJson">The browser's answer.</param>
    /// <param name="alone">Whether nobody has said yet whose it is; then the answer must.</param>
    internal async Task<PasskeyUse?> CheckUseAsync(
        string asked,
        string? answerJson,
        bool alone,
        CancellationToken cancellationToken
    )
    {
        if (
            BrowserAnswer.Read<AuthenticatorAssertionRawResponse>(answerJson)
                is not { RawId: { } id, Response: { } response } answer
            || (alone && response.UserHandle is null)
            || response.AuthenticatorData is not { } data
            || !AuthenticatorBytes.IsPlainData(data)
            || await passkeys.FindAsync(id, cancellationToken) is not { } kept
        )
        {
            return null;
        }

        var original = AssertionOptions.FromJson(asked);
        return await CheckedAsync(async () =>
        {
            var said = AuthenticatorAssertionResponse.Parse(answer).AuthenticatorData;
            var right = await fido2.MakeAssertionAsync(
                new()
                {
                    AssertionResponse = answer,
                    OriginalOptions = original,
                    StoredPublicKey = kept.PublicKey,

                    // The counter is compared where it is kept, and nobody can come between.
                    StoredSignatureCounter = 0,
                    IsUserHandleOwnerOfCredentialIdCallback = (claimed, _) =>
                        Task.FromResult(
                            claimed
                                .UserHandle.AsSpan()
                                .SequenceEqual(kept.UserHandle ?? Encoding.UTF8.GetBytes(kept.AccountId))
                        ),
                },
                cancellationToken
            );
            return
                IsPossible(said)
                && said.IsBackupEligible == kept.BackupEligible
                && IsWhole(response.Signature, kept.PublicKey)
                ? new PasskeyUse(kept.AccountId, id, right.SignCount, right.IsBackedUp, said.UserVerified, kept.Name)
                : null;
        });
    }

    // Only what can be synced is synced (WebAuthn 6.1.3).
    private static bool IsPossible(AuthenticatorData data) => data.IsBackupEligible || !data.IsBackedUp;

    private static (string Format, AuthenticatorData Data) Parsed(AuthenticatorAttestationRawResponse answer)
    {
        var parsed = AuthenticatorAttestationResponse.Parse(answer).AttestationObject;
        return (parsed.Fmt, parsed.AuthData);
    }

    // The library stops reading where a signature ends; whatever stands behind it was not sent by an authenticator.
    private static bool IsWhole(byte[] signature, byte[] publicKey)
    {
        var key = new CredentialPublicKey(publicKey);
        if (!EllipticCurves.Any(key.IsSameAlg))
        {
            return true;
        }

        AsnDecoder.ReadSequence(signature, AsnEncodingRules.DER, out _, out _, out var read);
        return read == signature.Length;
    }

    private static PublicKeyCredentialDescriptor Name(KeptPasskey kept) =>
        new(
            PublicKeyCredentialType.PublicKey,
            kept.CredentialId,
            [.. kept.Transports.Where(BrowserAnswer.IsKnown).Select(t => t.ToEnum<AuthenticatorTransport>())]
        );

    // Whatever the library trips over in a stranger's bytes is an answer that is not right. What is wrong with the machine
    // is not.
    private async Task<TChecked?> CheckedAsync<TChecked>(Func<Task<TChecked?>> check)
        where TChecked : class
    {
        try
        {
            return await check();
        }
        catch (Exception exception)
            when (exception
                    is not (
                        OperationCanceledException
                        or OutOfMemoryException
                        or DllNotFoundException
                        or TypeInitializationException
                        or PlatformNotSupportedException
                    )
            )
        {
            IsNotRight(logger, exception.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A passkey's answer is not right: {Why}")]
    private static partial void IsNotRight(ILogger logger, string why);
}

/// <summary>What a browser is asked.</summary>
/// <param name="OptionsJson">For the browser.</param>
/// <param name="Asked">What the answer is checked against, to be kept from everybody who could change it.</param>
internal sealed record DescribedCeremony(string OptionsJson, string Asked);
