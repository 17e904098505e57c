import htmx from "htmx.org";

// Security: none of these may ask for more than the Content-Security-Policy gives (requirement 16).
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
// Pages of an account must not be left in the browser's storage.
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
htmx.config.scrollBehavior = "auto";

document.addEventListener("htmx:afterSwap", (event) =>
  (event.target as Element).dispatchEvent(new CustomEvent("idp:swapped", { bubbles: true })),
);

// Where another page came than was asked for, as the sign-in once a session has ended, one goes there.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; elt: Element; pathInfo: { finalRequestPath: string } }>;
  const asked = new URL(detail.pathInfo.finalRequestPath, location.href);
  if (!detail.xhr.responseURL || new URL(detail.xhr.responseURL).pathname === asked.pathname) return;
  detail.shouldSwap = false;
  if (detail.elt.hasAttribute("hx-get") && detail.elt.hasAttribute("hx-push-url")) location.assign(asked);
  else location.reload();
});

// Progress is told to a screen reader at each tenth and at the end, or at each part, from a place that stays.
let told = document.querySelector<HTMLElement>("[data-tenths]")?.dataset["tenths"];
document.addEventListener("htmx:afterSettle", () => {
  const progress = document.querySelector<HTMLElement>("[data-tenths]");
  const place = document.querySelector<HTMLElement>("[data-progress-told]");
  if (!progress || !place || progress.dataset["tenths"] === told) return;
  told = progress.dataset["tenths"];
  place.textContent = [...progress.querySelectorAll(".progress-counts > span, [data-told]")].map((part) => part.textContent!.trim()).join(": ");
  // A button that is gone took the focus with it.
  if (document.activeElement === document.body) progress.closest<HTMLElement>("[tabindex]")?.focus();
});

// On a narrow screen the navigation is one line that scrolls, and the page's own place may lie beyond its edge.
const here = document.querySelector<HTMLElement>(".console-side [aria-current=page]");
if (here?.parentElement) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;

// Whoever typed before this was there is searched for too.
document.addEventListener("DOMContentLoaded", () => {
  for (const typed of document.querySelectorAll<HTMLInputElement>("form[hx-get] input[type=search]")) {
    if (typed.value !== typed.defaultValue) typed.form!.requestSubmit();
  }
});
