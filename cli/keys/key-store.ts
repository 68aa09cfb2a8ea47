/**
 * Store of the private halves of keys. Names are flat (`issuer`, `user-sys`), values are text. Implementations: local
 * folders, Secrets Manager, Vault and Kubernetes Secrets.
 */
export interface KeyStore {
  /** Text for messages: `folder .natsform/demo/keys`. */
  readonly description: string;
  read(name: string): Promise<string | undefined>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<string[]>;
}
