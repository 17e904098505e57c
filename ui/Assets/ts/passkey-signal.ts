// After a removal: authenticators of browsers that know how stop offering what nobody takes any more.
type Signals = { unknown: object; accepted: object[] };
type Signalling = { signalUnknownCredential?(about: object): Promise<void>; signalAllAcceptedCredentials?(about: object): Promise<void> };

export async function passkeySignals(root: ParentNode): Promise<void> {
  const told = root.querySelector<HTMLElement>("[data-passkey-signals]")?.dataset["passkeySignals"];
  if (!told || !window.PublicKeyCredential) return;
  const { unknown, accepted } = JSON.parse(told) as Signals;
  const authenticators = PublicKeyCredential as unknown as Signalling;
  try {
    await authenticators.signalUnknownCredential?.(unknown);
    for (const one of accepted) await authenticators.signalAllAcceptedCredentials?.(one);
  } catch {
    // The passkey is gone here, whatever becomes of its picture there.
  }
}
