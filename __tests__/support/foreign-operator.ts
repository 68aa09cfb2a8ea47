import {
  type Account,
  encodeAccount,
  encodeActivation,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type Operator,
} from "@nats-io/jwt";
import { createAccount, createOperator, createUser, type KeyPair } from "nkeys.js";

const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** Keys of an account: its own, and the one that signs its users. */
interface AccountKeys {
  own: KeyPair;
  signing: KeyPair;
}

/** An operator that is not natsform's. It is strict: signing keys alone sign. Its exports look as those of `nsc`. */
export class ForeignOperator {
  readonly #operator = createOperator();
  readonly #signing = createOperator();
  readonly #accounts: Record<string, AccountKeys>;
  readonly jwts: Record<string, string> = {};
  jwt = "";

  constructor(
    readonly system: string,
    ...accounts: string[]
  ) {
    const keys = () => ({ own: createAccount(), signing: createAccount() });
    this.#accounts = Object.fromEntries([system, ...accounts].map((name) => [name, keys()]));
  }

  /** @param more claims of accounts; their signing keys are added to the operator's */
  async sign(more: Record<string, Partial<Account>> = {}): Promise<void> {
    this.jwt = await encodeOperator("theirs", this.#operator, {
      system_account: this.key(this.system),
      signing_keys: [this.#signing.getPublicKey()],
      strict_signing_key_usage: true,
    } as Partial<Operator>);
    for (const [name, { own, signing }] of Object.entries(this.#accounts)) {
      const { signing_keys = [], ...claims } = more[name] ?? {};
      const account = {
        limits: { ...limits, ...(name === this.system ? {} : storage) },
        signing_keys: [signing.getPublicKey(), ...signing_keys],
        ...claims,
      } as Partial<Account>;
      this.jwts[name] = await encodeAccount(name, own, account, { signer: this.#signing });
    }
  }

  keysOf(account: string): AccountKeys {
    const keys = this.#accounts[account];
    if (!keys) throw new Error(`no account ${account}`);
    return keys;
  }
  /** Lets an account import what another one exports to some alone. */
  token = (importer: string, exporter: string, subject: string) =>
    encodeActivation(subject, this.keysOf(importer).own, this.keysOf(exporter).own, "service", { subject });
  key = (account: string) => this.keysOf(account).own.getPublicKey();

  /** @param by the account's signing key, or its own one, which servers of this operator refuse */
  async creds(name: string, account: string, by: keyof AccountKeys = "signing"): Promise<string> {
    const user = createUser();
    const claims = by === "signing" ? { issuer_account: this.key(account) } : {};
    const jwt = await encodeUser(name, user, this.keysOf(account)[by], claims);
    return new TextDecoder().decode(fmtCreds(jwt, user));
  }

  /** As `nsc describe operator --raw` writes it to a file. */
  get operatorFile(): string {
    return `-----BEGIN NATS OPERATOR JWT-----\n${this.jwt}\n------END NATS OPERATOR JWT------\n\n`;
  }
  get systemAccountFile(): string {
    return `${this.jwts[this.system]}\n`;
  }
  /** As `nsc generate config --mem-resolver` writes it. */
  get preloadFile(): string {
    const accounts = Object.entries(this.jwts).map(
      ([name, jwt]) => `  # Account "${name}"\n  ${this.key(name)}: ${jwt}\n`,
    );
    const head = `# Operator "theirs"\noperator: ${this.jwt}\n\nsystem_account: ${this.key(this.system)}\n`;
    return `${head}\nresolver: MEMORY\n\nresolver_preload: {\n${accounts.join("\n")}\n}\n`;
  }
}
