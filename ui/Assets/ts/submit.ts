// One press, one request: the button that sent a form rests until the answer comes.
export function submits(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
    // A file comes, and the page stays.
    if (form.dataset["download"] !== undefined) return;
    if (form.dataset["sent"] !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "";
    const button = event.submitter;
    button?.setAttribute("aria-disabled", "true");
    button?.classList.add("is-busy");
  });

  // A page that comes out of the back/forward cache can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
    for (const button of document.querySelectorAll(".is-busy")) {
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
    }
  });
}
