// Show and hide, and the requirements that tick while typing. What is refused is decided by the server alone.
export function passwords(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-reveal]")) {
    const input = document.getElementById(button.dataset["reveal"]!) as HTMLInputElement | null;
    if (!input || !button.hidden) continue;
    button.hidden = false;
    const set = (shown: boolean): void => {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    };
    button.addEventListener("click", () => {
      set(input.type === "password");
      input.focus();
    });
    // Security: a shown password must not be kept by the browser as form history.
    input.form?.addEventListener("submit", () => set(false));
  }

  for (const list of root.querySelectorAll<HTMLElement>("[data-requirements-for]")) {
    const input = document.getElementById(list.dataset["requirementsFor"]!) as HTMLInputElement | null;
    if (!input) continue;
    const check = (): void => {
      for (const item of list.querySelectorAll<HTMLElement>("[data-rule]")) {
        const met = meets(item, input.value);
        item.classList.toggle("is-met", met);
        const told = item.querySelector("[data-state]");
        if (told) told.textContent = met ? item.dataset["met"]! : item.dataset["unmet"]!;
      }
    };
    input.addEventListener("input", check);
    check();
  }
}

function meets(item: HTMLElement, typed: string): boolean {
  const value = typed.normalize("NFC");
  switch (item.dataset["rule"]) {
    case "length":
      return [...value].length >= Number(item.dataset["min"]);
    case "without": {
      const lower = value.toLowerCase();
      return value !== "" && item.dataset["words"]!.split(" ").every((word) => word.length < 3 || !lower.includes(word.toLowerCase()));
    }
    case "same": {
      const other = document.getElementById(item.dataset["as"]!) as HTMLInputElement | null;
      return value !== "" && other?.value.normalize("NFC") === value;
    }
    default:
      return false;
  }
}
