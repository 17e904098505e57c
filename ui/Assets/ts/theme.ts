// The form in the footer works by itself; with script the page changes without a reload.
export function theme(): void {
  document.addEventListener("submit", (event) => {
    const button = event.submitter as HTMLButtonElement | null;
    if (button?.name !== "theme") return;
    event.preventDefault();
    const root = document.documentElement;
    root.dataset["theme"] = button.value;
    for (const other of button.form!.querySelectorAll<HTMLButtonElement>("button[name=theme]"))
      other.setAttribute("aria-pressed", String(other === button));
    void fetch(button.form!.action, {
      method: "POST",
      body: new FormData(button.form!, button),
      redirect: "manual",
    });
  }, { capture: true });
}
