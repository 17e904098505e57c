using Microsoft.Extensions.Primitives;

namespace Tests.Support;

/// <summary>The cookies of one browser.</summary>
internal sealed class Jar
{
    private readonly Dictionary<string, string> cookies = new(StringComparer.Ordinal);

    public string Header => string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}"));

    public bool Has(string name) => cookies.ContainsKey(name);

    public string? Value(string name) => cookies.GetValueOrDefault(name);

    public void Keep(StringValues setCookies)
    {
        foreach (var line in setCookies)
        {
            var pair = line!.Split(';')[0].Split('=', 2);
            cookies[pair[0]] = pair[1];
        }
    }
}
