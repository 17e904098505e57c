// Ways to keep what is shown once: a file or paper. Made here, so that the server keeps nothing that can be read.
export function keepButtons(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-download]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const lines = [...document.getElementById(button.dataset["download"]!)!.children].map((item) => item.textContent!.trim());
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/plain" }));
      link.download = button.dataset["name"]!;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
