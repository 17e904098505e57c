using System.Security.Cryptography.X509Certificates;

namespace IdP.Recovery.Factors.Passkeys;

/// <summary>Chains of certificates to anchors of one's own. Nothing is ever fetched: a stranger wrote the addresses in them.</summary>
internal static class Certificates
{
    private const X509ChainStatusFlags EndsSomewhere =
        X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

    /// <summary>Whether a chain, its leaf first, leads to one of the trusted: a root, or one that a root has signed.</summary>
    public static bool Lead(X509Certificate2Collection chain, X509Certificate2Collection trusted, DateTimeOffset now)
    {
        using var way = new X509Chain();
        way.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        way.ChainPolicy.CustomTrustStore.AddRange(trusted);
        way.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        way.ChainPolicy.DisableCertificateDownloads = true;
        way.ChainPolicy.VerificationTime = now.UtcDateTime;
        way.ChainPolicy.ExtraStore.AddRange(trusted);
        way.ChainPolicy.ExtraStore.AddRange(chain);

        // The library takes only what has signed itself for a root. Whatever else is wrong with the chain is wrong here too.
        way.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        return way.Build(chain[0])
            && way.ChainStatus.All(s => (s.Status & ~EndsSomewhere) == X509ChainStatusFlags.NoError)
            && way.ChainElements.Skip(1).Any(e => trusted.Any(t => IsSame(t, e.Certificate)));
    }

    /// <summary>Whether it is one and the same.</summary>
    public static bool IsSame(X509Certificate2 one, X509Certificate2 other) =>
        one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    /// <summary>The certificates of a PEM file; none without a file.</summary>
    public static X509Certificate2Collection OfPem(string? file)
    {
        var certificates = new X509Certificate2Collection();
        if (file is not null)
        {
            certificates.ImportFromPemFile(file);
        }

        return certificates;
    }
}
