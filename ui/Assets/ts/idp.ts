import { codes } from "./code";
import { copyButtons } from "./copy";
import { dialogs } from "./dialog";
import { dialogPages } from "./dialog-page";
import { goOn } from "./go-on";
import { keepButtons } from "./keep";
import { passkeys } from "./passkey";
import { passkeySignals } from "./passkey-signal";
import { passwords } from "./password";
import { selections } from "./selection";
import { submits } from "./submit";
import { theme } from "./theme";
import { times } from "./time";
import { toasts } from "./toast";

// Every behaviour listens on the document or can be run again on a part that htmx has swapped in.
const enhance = (root: ParentNode): void => {
  passwords(root);
  passkeys(root);
  codes(root);
  copyButtons(root);
  keepButtons(root);
  times(root);
  toasts(root);
  selections(root);
};

submits();
dialogs();
dialogPages();
theme();
goOn();
enhance(document);
void passkeySignals(document);
document.querySelector<HTMLElement>("[data-autofocus]")?.focus();
document.addEventListener("idp:swapped", (event) => enhance(event.target as Element));
