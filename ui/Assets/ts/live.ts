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
