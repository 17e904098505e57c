// People paste '123 456' and 'Your code is 123456': keep what belongs to the code.
export function codes(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-code]")) {
    const digits = Number(input.dataset["code"]);
    input.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      const found = text.replace(/(\d)[\s-]+(?=\d)/g, "$1").match(new RegExp(`(?<!\\d)\\d{${digits}}(?!\\d)`));
      if (!found) return;
      event.preventDefault();
      input.value = found[0];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    input.form?.addEventListener("submit", () => (input.value = input.value.replace(/[\s-]/g, "")));
  }
}
