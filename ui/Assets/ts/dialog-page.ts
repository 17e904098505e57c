// `data-dialog-page` shows the page that a link or a form's button leads to as a dialog in place. Whatever else comes
// back, as the question who one is, is gone to as without script.
const addressOf = (from: HTMLElement): string | undefined => {
  if (from instanceof HTMLAnchorElement) return from.href;
  if (!(from instanceof HTMLButtonElement) || !from.form) return undefined;
  const to = new URL(from.formAction);
  for (const [name, value] of new FormData(from.form, from)) if (typeof value === "string" && value) to.searchParams.set(name, value);
  return to.href;
};

const contentOf = async (answer: Response): Promise<Element | null> =>
  new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-dialog-content]");

// Where a page has a title, its dialog has a heading of the page below it.
const fill = (dialog: HTMLDialogElement, content: Element): void => {
  const title = content.querySelector("h1");
  if (title) {
    const heading = document.createElement("h2");
    heading.id = "dialog-title";
    heading.textContent = title.textContent;
    title.replaceWith(heading);
    dialog.setAttribute("aria-labelledby", heading.id);
  }
  dialog.replaceChildren(...document.adoptNode(content).childNodes);
  dialog.dispatchEvent(new CustomEvent("idp:swapped", { bubbles: true }));
};

const post = (form: HTMLFormElement, data: FormData): Promise<Response> =>
  fetch(form.action, {
    method: "POST",
    headers: { Accept: "text/html", "Idp-Dialog": "1" },
    body: new URLSearchParams([...data].map(([name, value]) => [name, String(value)])),
  });

const send = async (dialog: HTMLDialogElement, form: HTMLFormElement, button: HTMLElement | null): Promise<void> => {
  if (form.dataset["sent"] !== undefined) return;
  form.dataset["sent"] = "";
  button?.setAttribute("aria-disabled", "true");
  button?.classList.add("is-busy");
  const answer = await post(form, new FormData(form, button));
  const next = answer.headers.get("Idp-Go-To");
  const content = next || answer.redirected ? null : await contentOf(answer);
  if (!content) return location.assign(next ?? (answer.redirected ? answer.url : form.action));
  fill(dialog, content);
  (dialog.querySelector<HTMLElement>("[data-autofocus]") ?? (button?.id ? document.getElementById(button.id) : null))?.focus();
};

// What it would do is told anew while one chooses; a choice that cannot be leaves what was told.
const previews = (dialog: HTMLDialogElement): void => {
  let timer = 0;
  let latest = 0;
  dialog.addEventListener("input", (event) => {
    const form = (event.target as HTMLInputElement).form;
    if (form?.dataset["dialogForm"] !== "preview" || (event.target as HTMLInputElement).name === "Why") return;
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      // What the form has told the next page is not for this answer.
      if (form.dataset["sent"] !== undefined) return;
      const asked = ++latest;
      const data = new FormData(form);
      data.set("Preview", "true");
      const answer = await post(form, data).catch(() => null);
      if (!answer?.ok || answer.redirected || asked !== latest) return;
      const told = (await contentOf(answer))?.querySelector("[data-dialog-preview]");
      const place = dialog.querySelector("[data-dialog-preview]");
      if (!told || !place) return;
      place.replaceChildren(...document.adoptNode(told).childNodes);
      place.dispatchEvent(new CustomEvent("idp:swapped", { bubbles: true }));
    }, 300);
  });
};

let isOpening = false;

const open = async (address: string): Promise<void> => {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const content = answer.ok && !answer.redirected ? await contentOf(answer) : null;
  if (!content) return location.assign(address);
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset["dialogForm"] === undefined) return;
    event.preventDefault();
    send(dialog, form, event.submitter).catch(() => location.assign(address));
  });
  previews(dialog);
  document.body.append(dialog);
  fill(dialog, content);
  dialog.showModal();
};

export function dialogPages(): void {
  document.addEventListener("click", (event) => {
    const from = (event.target as Element).closest<HTMLElement>("[data-dialog-page]");
    const address = from && addressOf(from);
    if (!address || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (isOpening) return;
    isOpening = true;
    // A dialog gives the focus back to where it was, and what was pressed is hidden with its menu.
    const menu = from.closest("details");
    menu?.querySelector("summary")?.focus();
    menu?.removeAttribute("open");
    open(address)
      .catch(() => location.assign(address))
      .finally(() => (isOpening = false));
  });
}
