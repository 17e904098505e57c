using Microsoft.Playwright;

namespace Browser.Tests.Support;

/// <summary>
/// How large a thing is that a finger is to hit: 44 px where the pointer is coarse, as ours want it, and 24 px elsewhere
/// (WCAG 2.2, 2.5.8). A link in a line of text is excepted.
/// </summary>
internal static class Targets
{
    /// <summary>What is too small, in words; menus are opened for it and closed again.</summary>
    public static Task<string[]> FindTooSmallAsync(IPage page) =>
        page.EvaluateAsync<string[]>(
            """
            () => {
              const least = matchMedia('(pointer: coarse)').matches ? 44 : 24;
              const closed = [...document.querySelectorAll('details:not([open])')];
              for (const details of closed) details.open = true;
              const modal = document.querySelector('dialog:modal');

              // What is hit for a box: its label too.
              const place = (target) => {
                const own = target.getBoundingClientRect();
                const label = /^(checkbox|radio)$/.test(target.type) && target.closest('label');
                return label ? label.getBoundingClientRect() : own;
              };
              const isInText = (target) => {
                if (target.localName !== 'a' || getComputedStyle(target).display !== 'inline') return false;
                const beside = target.parentElement.textContent.trim().length - target.textContent.trim().length;
                return /^(p|li|span|dd|strong|em|small)$/.test(target.parentElement.localName) && beside > 0;
              };
              // What only a screen reader or the keyboard finds is hit by nobody.
              const isSeen = (target) => {
                const { width, height, bottom } = target.getBoundingClientRect();
                return target.checkVisibility({ opacityProperty: true, visibilityProperty: true })
                  && width > 1 && height > 1 && bottom + scrollY > 0
                  && !target.closest('.sr-only');
              };
              const small = [...(modal ?? document).querySelectorAll('a[href], button, summary, input:not([type=hidden]), select, textarea')]
                .filter((target) => isSeen(target) && !isInText(target))
                .map((target) => ({ target, ...place(target).toJSON() }))
                .filter(({ width, height }) => width < least - 0.5 || height < least - 0.5)
                .map(({ target, width, height }) =>
                  `${target.outerHTML.replace(/\s+/g, ' ').slice(0, 160)}: ${Math.round(width)} x ${Math.round(height)} of ${least}`);
              for (const details of closed) details.open = false;
              return small;
            }
            """
        );
}
