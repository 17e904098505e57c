using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Browser.Tests.Support;

/// <summary>
/// Runs axe in the page itself. The library's own way opens another page for each look, which takes ten times as long.
/// </summary>
internal static class Axe
{
    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    // What the rules go by: elements, classes, roles, names; not what people typed, nor where links lead.
    private const string Shape = """
        () => [innerWidth, document.documentElement.lang, ...[...document.querySelectorAll('*')].map(e => [
          e.tagName,
          e.getAttributeNames().map(n =>
            /^(class|id|for|type|role|lang|style|hidden|disabled|aria-.*)$/.test(n) ? `${n}=${e.getAttribute(n)}` : n),
          [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim() !== ''),
        ].join())].join('\n')
        """;

    private static readonly ConcurrentDictionary<string, bool> Seen = new(StringComparer.Ordinal);

    /// <summary>Whether a page of this shape was not looked at yet with these rules. Journeys come by the same pages often.</summary>
    public static async Task<bool> IsNewAsync(IPage page, string rules) =>
        Seen.TryAdd(
            rules
                + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(await page.EvaluateAsync<string>(Shape)))),
            true
        );

    /// <summary>What rules of that kind find, a line for each.</summary>
    /// <param name="page">The page as it is now.</param>
    /// <param name="type"><c>tag</c> or <c>rule</c>.</param>
    /// <param name="values">Names of that type.</param>
    public static async Task<string[]> FindAsync(IPage page, string type, string[] values)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
        {
            await page.EvaluateAsync($"() => {{ {Script} }}");
        }

        // A mail in the development mailbox is a frame in which no script may run, axe's neither.
        return await page.EvaluateAsync<string[]>(
            """
            async ([type, values]) => {
              const found = await axe.run(
                { exclude: ['iframe[sandbox]'] },
                { runOnly: { type, values }, resultTypes: ['violations'], iframes: false });
              return found.violations.map(
                v => `${v.id} (${v.help}): ${v.nodes.map(n => n.html).join(', ')}`);
            }
            """,
            new object[] { type, values }
        );
    }
}
