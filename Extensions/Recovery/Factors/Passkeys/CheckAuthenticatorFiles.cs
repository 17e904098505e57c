using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Has the files of certificates and metadata read at the start, so that one that is not right stops it.</summary>
internal sealed class CheckAuthenticatorFiles(TimeProvider time) : IValidateOptions<PasskeyOptions>
{
    public ValidateOptionsResult Validate(string? name, PasskeyOptions options)
    {
        foreach (
            var (setting, file) in new[]
            {
                (nameof(options.AttestationRoots), options.AttestationRoots),
                (nameof(options.MetadataRoots), options.MetadataRoots),
            }
        )
        {
            if (file is not null && File.Exists(file) && !HasCertificates(file))
            {
                return ValidateOptionsResult.Fail(
                    $"AccountRecovery:Passkeys:{setting} must be a PEM file of certificates, but '{file}' holds none that can be read."
                );
            }
        }

        if (options.MetadataFile is null || options.MetadataRoots is null)
        {
            return ValidateOptionsResult.Success;
        }

        try
        {
            AuthenticatorMetadata.Read(options, time.GetUtcNow());
            return ValidateOptionsResult.Success;
        }
        catch (InvalidDataException exception)
        {
            return ValidateOptionsResult.Fail(
                $"AccountRecovery:Passkeys:MetadataFile, '{options.MetadataFile}', cannot be used: {exception.Message}."
            );
        }
    }

    private static bool HasCertificates(string file)
    {
        try
        {
            return Certificates.OfPem(file).Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
