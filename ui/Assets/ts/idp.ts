import { codes } from "./code";
import { copyButtons } from "./copy";
import { dialogs } from "./dialog";
import { passwords } from "./password";
import { submits } from "./submit";
import { theme } from "./theme";
import { times } from "./time";
import { toasts } from "./toast";

// Every behaviour listens on the document or can be run again on a part that htmx has swapped in.
const enhance = (root: ParentNode): void => {
  passwords(root);
  codes(root);
  copyButtons(root);
  times(root);
  toasts(root);
};

submits();
dialogs();
theme();
enhance(document);
document.querySelector<HTMLElement>("[data-autofocus]")?.focus();
document.addEventListener("idp:swapped", (event) => enhance(event.target as Element));
