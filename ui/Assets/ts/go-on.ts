// Goes on by itself once every frame has loaded, and after some seconds whatever they do. 'Back' does not lead here again.
export function goOn(): void {
  const link = document.querySelector<HTMLAnchorElement>("a[data-go-on]");
  if (!link) return;
  const go = (): void => location.replace(link.href);
  setTimeout(go, 3000);
  if (document.readyState === "complete") go();
  else addEventListener("load", go);
}
