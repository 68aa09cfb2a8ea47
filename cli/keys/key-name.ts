/** Names of keys are flat in every store: `issuer`, `user-sys`, `signing-APP-previous`. */
export const isKeyName = (name: string): boolean => /^[A-Za-z0-9_-]+$/.test(name);

/** @throws for a name that no key can have: it may come from a path */
export function checkKeyName(name: string): void {
  if (!isKeyName(name)) throw new Error(`a key's name is letters, digits, _ and -, got ${name}`);
}
