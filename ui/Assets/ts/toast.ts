// A toast stays until it has been read: ten seconds from the first sign of somebody being there, and for as long as the
// pointer or the focus is on it.
const stay = 10_000;
const pause = 150;

export function toasts(root: ParentNode): void {
  for (const toast of root.querySelectorAll<HTMLElement>(".toast")) {
    const close = toast.querySelector<HTMLButtonElement>("[data-toast-close]");
    if (close) {
      close.hidden = false;
      close.addEventListener("click", () => toast.remove());
    }
    // What stands in a live region from the beginning is not read out; what comes into it is.
    const region = toast.parentElement;
    toast.remove();
    setTimeout(() => region?.append(toast), pause);
    if (toast.querySelector("a, form")) continue;
    let timer = 0;
    const hold = (): void => clearTimeout(timer);
    const release = (): void => {
      clearTimeout(timer);
      if (toast.matches(":hover, :focus-within")) return;
      timer = setTimeout(() => toast.remove(), stay);
    };
    for (const sign of ["pointermove", "keydown", "scroll"]) addEventListener(sign, release, { once: true });
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("pointerleave", release);
    // Where the focus goes is known only after it has left.
    toast.addEventListener("focusout", () => setTimeout(release));
  }
}
