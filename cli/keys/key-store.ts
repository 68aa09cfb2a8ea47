/**
 * Where the private halves of keys are kept. Names are flat (`issuer`, `user-sys`), values are text.
 * Local folders, Secrets Manager, Vault and Kubernetes Secrets all fit behind it.
 */
export interface KeyStore {
  /** For people: `folder .natsform/demo/keys`. */
  readonly description: string;
  read(name: string): Promise<string | undefined>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<string[]>;
}
