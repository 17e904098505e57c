using IdP.Recovery.Factors.Totp;
using QRCoder;

namespace IdP.UI.Input;

/// <summary>What the partial <c>_AuthenticatorSetup</c> shows: a key to put into an app, and the field for its first code.</summary>
/// <param name="Enrollment">The key.</param>
/// <param name="ReturnUrl">Kept for the page's next step.</param>
internal sealed record AuthenticatorSetup(TotpEnrollment Enrollment, string? ReturnUrl)
{
    /// <summary>Whether it is offered to end all other sessions with it (ASVS 7.4.3).</summary>
    public bool OffersToEndOthers { get; init; }

    /// <summary>
    /// Whose password is asked for beside the code, where the host keeps the key, which has no name there; null elsewhere.
    /// </summary>
    public string? PasswordOf { get; init; }

    /// <summary>The field for the password, which is never shown again.</summary>
    public string? Password { get; init; }

    /// <summary>The field for the first code, which is never shown again.</summary>
    public string? Code { get; init; }

    /// <summary>The field for what the owner calls the app.</summary>
    public string? Name { get; init; }

    /// <summary>Issuer and account, by which the app lists the key.</summary>
    public string ShownAs =>
        Uri.UnescapeDataString(Enrollment.Address.AbsolutePath.TrimStart('/'))
            .Replace(":", ": ", StringComparison.Ordinal);

    /// <summary>The QR code as the path of an SVG whose view box is <see cref="Size"/> modules wide.</summary>
    public string Path
    {
        get
        {
            var path = new System.Text.StringBuilder();
            for (var y = 0; y < Size; y++)
            {
                for (var x = 0; x < Size; x++)
                {
                    if (Modules[y][x])
                    {
                        path.Append(System.Globalization.CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
                    }
                }
            }

            return path.ToString();
        }
    }

    public int Size => Modules.Count;

    private List<System.Collections.BitArray> Modules { get; } =
        QRCodeGenerator.GenerateQrCode(Enrollment.Address.AbsoluteUri, QRCodeGenerator.ECCLevel.M).ModuleMatrix;
}
