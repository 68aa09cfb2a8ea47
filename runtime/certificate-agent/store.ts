/** A value with what tells it from the one before. */
export interface Revised {
  revision: string;
}

/** An object that holds a nats.conf. */
export interface StoredConfig extends Revised {
  text: string;
  /** What only a restart takes over; see `RESTART_DIGEST`. */
  restartDigest: string;
}

/** Where configuration, certificates and credentials come from. Every method rejects while it cannot be reached. */
export interface Store {
  /** Tells whether the newest configuration is another one, without its text. */
  configRevision(): Promise<string>;
  config(): Promise<StoredConfig>;
  /** The newest configuration with this restart digest; undefined when there never was one. */
  configFor(restartDigest: string): Promise<StoredConfig | undefined>;
  /** Tells whether a secret's value is another one, without the value. */
  secretRevision(name: string): Promise<string>;
  secret(name: string): Promise<Revised & { value: string }>;
}
