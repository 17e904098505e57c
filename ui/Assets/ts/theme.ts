// The form in the footer works by itself; with script the page changes without a reload.
export function theme(): void {
  document.addEventListener("submit", (event) => {
    const button = event.submitter as HTMLButtonElement | null;
    // The address may have changed since the page came, as by a filter.
    const back = (event.target as HTMLFormElement).querySelector<HTMLInputElement>(":scope.preferences input[name=returnUrl]");
    if (back) back.value = location.pathname + location.search;
    if (button?.name !== "theme") return;
    event.preventDefault();
    const root = document.documentElement;
    root.dataset["theme"] = button.value;
    for (const other of button.form!.querySelectorAll<HTMLButtonElement>("button[name=theme]"))
      other.setAttribute("aria-pressed", String(other === button));
    const age = button.value === "auto" ? 0 : 31_536_000;
    document.cookie = `idp.theme=${button.value}; path=/; max-age=${age}; samesite=lax`;
  }, { capture: true });
}
