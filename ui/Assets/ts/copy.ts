// A copy button is shown only where copying works, and says that it did.
export function copyButtons(root: ParentNode): void {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    if (!button.hidden) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset["copy"]!);
      const text = source instanceof HTMLInputElement ? source.value : (source?.innerText ?? "");
      await navigator.clipboard.writeText(text.trim());
      const told = button.querySelector<HTMLElement>("[role=status]");
      if (!told) return;
      told.textContent = button.dataset["copied"]!;
      setTimeout(() => (told.textContent = ""), 4000);
    });
  }
}
