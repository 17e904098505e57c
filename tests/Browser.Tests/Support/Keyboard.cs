using Microsoft.Playwright;
using Xunit;

namespace Browser.Tests.Support;

internal static class Keyboard
{
    private const int MostStops = 80;

    /// <summary>Presses Tab until something has the focus, which must be seen to have it.</summary>
    public static async Task GoToAsync(Person person, ILocator target)
    {
        for (var i = 0; i < MostStops; i++)
        {
            if (await target.EvaluateAsync<bool>("e => e === document.activeElement"))
            {
                Assert.True(
                    await target.EvaluateAsync<bool>(
                        "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
                    ),
                    "The focus cannot be seen."
                );
                return;
            }

            await person.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"Tab does not lead to {target}.");
    }
}
