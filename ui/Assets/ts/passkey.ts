// A button stands in a form and fills its hidden fields; what is right is decided by the server alone.
type Box = { element: HTMLElement; form: HTMLFormElement; creates: boolean; born: number };

// A challenge lives for five minutes.
const stale = 4 * 60_000;
let waiting: AbortController | undefined;

export function passkeys(root: ParentNode): void {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const element of root.querySelectorAll<HTMLElement>("[data-passkey]")) {
    const form = element.closest("form");
    const button = element.querySelector<HTMLButtonElement>("[data-passkey-start]");
    if (!form || !button?.hidden) continue;
    const box = { element, form, creates: element.dataset["passkey"] === "create", born: performance.now() };
    form.hidden = false;
    button.hidden = false;
    element.querySelector("[data-passkey-missing]")?.remove();
    button.addEventListener("click", () => void ask(box, button));
    // Enter in another field of the form means the button.
    if (box.creates)
      form.addEventListener("submit", (event) => {
        if (field(box, "PasskeyCredential").value) return;
        event.preventDefault();
        void ask(box, button);
      });
    // A page out of the back/forward cache has an answer in it that was taken.
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      box.born = -Infinity;
      field(box, "PasskeyCredential").value = "";
    });
    if (element.dataset["autofill"] === "true") void offer(box);
  }
}

async function ask(box: Box, button: HTMLButtonElement): Promise<void> {
  if (button.getAttribute("aria-disabled") === "true") return;
  waiting?.abort();
  button.setAttribute("aria-disabled", "true");
  button.classList.add("is-busy");
  tell(box, "");
  try {
    await refresh(box);
    const credential = box.creates
      ? await navigator.credentials.create({ publicKey: creation(options(box)) })
      : await navigator.credentials.get({ publicKey: request(options(box)) });
    if (credential) return send(box, credential as PublicKeyCredential);
    tell(box, "failed");
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    tell(box, name === "NotAllowedError" || name === "AbortError" ? "cancelled" : name === "InvalidStateError" ? "exists" : "failed");
  }
  button.removeAttribute("aria-disabled");
  button.classList.remove("is-busy");
  if (box.element.dataset["autofill"] === "true") void offer(box);
}

// The browser offers passkeys in the field for the address, without a word until one is chosen.
async function offer(box: Box): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const own = (waiting = new AbortController());
  const again = setTimeout(() => {
    own.abort();
    void offer(box);
  }, stale);
  try {
    await refresh(box);
    if (own.signal.aborted) return;
    const credential = await navigator.credentials.get({ publicKey: request(options(box)), mediation: "conditional", signal: own.signal });
    if (credential) send(box, credential as PublicKeyCredential);
  } catch {
    // Nobody has asked for anything yet.
  } finally {
    if (own.signal.aborted || waiting !== own) clearTimeout(again);
  }
}

async function refresh(box: Box): Promise<void> {
  const path = box.element.dataset["refresh"];
  if (!path || performance.now() - box.born < stale) return;
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  const fresh = (await answer.json()) as { options: string; state: string };
  box.element.dataset["options"] = fresh.options;
  field(box, "PasskeyState").value = fresh.state;
  box.born = performance.now();
}

function send(box: Box, credential: PublicKeyCredential): void {
  field(box, "PasskeyCredential").value = JSON.stringify(plain(credential));
  box.form.requestSubmit();
}

function tell(box: Box, what: string): void {
  const told = box.element.querySelector<HTMLElement>("[data-passkey-told]");
  if (told) told.textContent = what ? told.dataset[what]! : "";
}

const field = (box: Box, name: string): HTMLInputElement => box.element.querySelector<HTMLInputElement>(`input[name=${name}]`)!;

const options = (box: Box): any => JSON.parse(box.element.dataset["options"]!);

// What follows does by hand what newer browsers do themselves: bytes are base64url in JSON.
function creation(json: any): PublicKeyCredentialCreationOptions {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), user: { ...json.user, id: bytes(json.user.id) }, excludeCredentials: named(json.excludeCredentials) };
}

function request(json: any): PublicKeyCredentialRequestOptions {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: named(json.allowCredentials) };
}

const named = (list?: any[]): PublicKeyCredentialDescriptor[] => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

// Only what the server reads, and by hand in every browser: some extensions' passkeys have no toJSON.
function plain(credential: PublicKeyCredential): object {
  const response = credential.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const shared = { clientDataJSON: text(response.clientDataJSON) };
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: response.attestationObject
      ? { ...shared, attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
      : {
          ...shared,
          authenticatorData: text(response.authenticatorData),
          signature: text(response.signature),
          userHandle: response.userHandle ? text(response.userHandle) : null,
        },
  };
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function bytes(encoded: string): ArrayBuffer {
  const raw = atob(encoded.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer;
}
