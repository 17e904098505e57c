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
    dialog.showModal();
  });
}
