using System.Globalization;

namespace IdP.UI.Branding;

/// <summary>An accent made readable: at least 4.5:1 against its ground and under its own text (WCAG 2.2, 1.4.3).</summary>
internal sealed record AccentColors(string Accent, string Strong, string OnAccent)
{
    private const double Enough = 4.5;

    // A line of light on dark looks thinner than it is.
    private const double EnoughOnDark = 6.5;

    // The grounds links stand on, of tokens.css: the one with the least contrast for each side.
    private static readonly Rgb LightGround = Rgb.Parse("#eceee6");
    private static readonly Rgb DarkGround = Rgb.Parse("#232a26");
    private static readonly Rgb White = Rgb.Parse("#ffffff");
    private static readonly Rgb Black = Rgb.Parse("#0b1210");

    public static AccentColors ForLight(string accent) => For(Rgb.Parse(accent), LightGround, Black, Enough);

    public static AccentColors ForDark(string accent) => For(Rgb.Parse(accent), DarkGround, White, EnoughOnDark);

    private static AccentColors For(Rgb accent, Rgb ground, Rgb away, double least)
    {
        // Only the lightness moves: a mix with white or black would turn the brand's colour grey.
        var (hue, saturation, lightness) = accent.ToHsl();
        var end = away == White ? 1.0 : 0.0;
        var shade = accent;
        for (var step = 1; step <= 100 && !Readable(shade, ground, least); step++)
        {
            shade = Rgb.FromHsl(hue, saturation * (1 - 0.003 * step), lightness + (end - lightness) * step / 100);
        }

        return new(shade.ToString(), shade.Towards(away, 0.22).ToString(), TextOn(shade).ToString());
    }

    private static bool Readable(Rgb shade, Rgb ground, double least) =>
        shade.Contrast(ground) >= least && shade.Contrast(TextOn(shade)) >= Enough;

    private static Rgb TextOn(Rgb shade) => shade.Contrast(White) >= shade.Contrast(Black) ? White : Black;

    internal readonly record struct Rgb(double R, double G, double B)
    {
        public static Rgb Parse(string hex) => new(Channel(hex, 1), Channel(hex, 3), Channel(hex, 5));

        public static Rgb FromHsl(double hue, double saturation, double lightness)
        {
            var reach = saturation * Math.Min(lightness, 1 - lightness);
            return new(At(0), At(8), At(4));

            double At(double offset)
            {
                var k = (offset + hue * 12) % 12;
                return 255 * (lightness - reach * Math.Max(-1, Math.Min(Math.Min(k - 3, 9 - k), 1)));
            }
        }

        /// <summary>Hue, saturation and lightness, 0 to 1 each.</summary>
        public (double Hue, double Saturation, double Lightness) ToHsl()
        {
            var (max, min) = (Math.Max(R, Math.Max(G, B)), Math.Min(R, Math.Min(G, B)));
            var (span, lightness) = (max - min, (max + min) / 510);
            if (span == 0)
            {
                return (0, 0, lightness);
            }

            var hue =
                max == R ? (G - B) / span
                : max == G ? 2 + (B - R) / span
                : 4 + (R - G) / span;
            return ((hue / 6 + 1) % 1, span / 255 / (1 - Math.Abs(2 * lightness - 1)), lightness);
        }

        public Rgb Towards(Rgb other, double part) =>
            new(R + (other.R - R) * part, G + (other.G - G) * part, B + (other.B - B) * part);

        /// <summary>The contrast ratio of WCAG 2.2, 1 to 21.</summary>
        public double Contrast(Rgb other)
        {
            var (a, b) = (Luminance, other.Luminance);
            return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
        }

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"#{Byte(R):x2}{Byte(G):x2}{Byte(B):x2}");

        // Measured on what is written: rounding to a byte must not take the last hundredth.
        private double Luminance => 0.2126 * Linear(Byte(R)) + 0.7152 * Linear(Byte(G)) + 0.0722 * Linear(Byte(B));

        private static int Byte(double channel) => (int)Math.Round(Math.Clamp(channel, 0, 255));

        private static double Channel(string hex, int at) =>
            int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        private static double Linear(int channel)
        {
            var value = channel / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }
    }
}
