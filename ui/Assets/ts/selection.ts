// Who is chosen in a list stays chosen over its pages: kept by id for this tab and this administrator, and sent along
// with the form in one short list.
const Prefix = "idp-chosen:";
const Most = 150;

const read = (key: string): Set<string> => new Set((sessionStorage.getItem(key) ?? "").split(" ").filter(Boolean));
const write = (key: string, chosen: Set<string>): void => sessionStorage.setItem(key, [...chosen].join(" "));

const forget = (except?: string): void => {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(Prefix) && key !== except) sessionStorage.removeItem(key);
};

const wordsFor = (words: HTMLElement, count: number, all: boolean): string => {
  const kind = all ? "all" : count >= Most ? "most" : count === 1 ? "one" : "many";
  return (words.dataset[kind] ?? "").replace("{0}", String(count));
};

const show = (form: HTMLFormElement, chosen: Set<string>): void => {
  const bar = form.querySelector<HTMLElement>("[data-selection-bar]");
  if (!bar) return;
  const all = bar.querySelector<HTMLInputElement>('input[name="all"]')?.checked ?? false;
  bar.classList.toggle("is-open", chosen.size > 0 || all);
  const words = bar.querySelector<HTMLElement>("[data-selected]");
  if (words && (chosen.size > 0 || all)) words.textContent = wordsFor(words, chosen.size, all);
  // Whoever is not chosen cannot be any more: a box that would undo itself says nothing.
  for (const box of form.querySelectorAll<HTMLInputElement>('input[name^="id-"]'))
    box.disabled = chosen.size >= Most && !chosen.has(box.name);
};

export function selections(root: ParentNode): void {
  // What was done is done: the next choice begins anew.
  if (root === document && document.querySelector('[data-choice-done="true"]')) forget();
  const form = root instanceof HTMLFormElement && root.matches("[data-selection]") ? root : root.querySelector<HTMLFormElement>("form[data-selection]");
  if (!form) return;
  form.classList.add("has-script");
  const key = Prefix + form.dataset["selection"];
  forget(key);
  const chosen = read(key);
  for (const box of form.querySelectorAll<HTMLInputElement>('input[name^="id-"]')) box.checked = chosen.has(box.name);
  form.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.name.startsWith("id-")) {
      if (box.checked) chosen.add(box.name);
      else chosen.delete(box.name);
      write(key, chosen);
    }
    show(form, chosen);
  });
  form.addEventListener("formdata", (event) => {
    for (const name of [...event.formData.keys()]) if (name.startsWith("id-")) event.formData.delete(name);
    if (event.formData.has("all") || chosen.size === 0) return;
    event.formData.set("ids", [...chosen].map((name) => name.slice(3)).join("."));
  });
  form.querySelector("[data-selection-clear]")?.addEventListener("click", (event) => {
    event.preventDefault();
    chosen.clear();
    write(key, chosen);
    for (const box of form.querySelectorAll<HTMLInputElement>('input[type="checkbox"]')) box.checked = false;
    show(form, chosen);
  });
  show(form, chosen);
}
