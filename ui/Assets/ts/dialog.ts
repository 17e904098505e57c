// `data-dialog="id"` opens a dialog in place; without script the same link leads to the page that asks the question.
export function dialogs(): void {
  document.addEventListener("click", (event) => {
    const from = (event.target as Element).closest<HTMLElement>("[data-dialog], [data-dialog-close]");
    if (!from) return;
    if (from.dataset["dialogClose"] !== undefined) {
      const open = from.closest("dialog");
      if (!open) return;
      event.preventDefault();
      open.close();
      return;
    }
    const dialog = document.getElementById(from.dataset["dialog"]!);
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    from.closest("details")?.removeAttribute("open");
    dialog.showModal();
  });

  // A menu closes when the person turns elsewhere.
  const closeMenus = (except?: Element | null): void => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus((event.target as Element).closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = (event.target as Element).closest<HTMLElement>("details.menu[open]");
    menu?.querySelector("summary")?.focus();
    closeMenus();
  });
}
