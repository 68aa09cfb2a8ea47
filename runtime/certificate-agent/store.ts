/** A value with a revision, which differs from the previous one's. */
export interface Revised {
  revision: string;
}

/** An object that holds a nats.conf. */
export interface StoredConfig extends Revised {
  text: string;
  /** Digest of the settings that only a restart applies; see `RESTART_DIGEST`. */
  restartDigest: string;
}

/** Source of configuration, certificates and credentials. Every method rejects while it cannot be reached. */
export interface Store {
  /** Revision of the newest configuration, without its text. */
  configRevision(): Promise<string>;
  config(): Promise<StoredConfig>;
  /** Digest of the text that a deployment published last for this restart digest; undefined when none did. */
  published(restartDigest: string): Promise<string | undefined>;
  /** The newest configuration with this restart digest and this text; undefined when there never was one. */
  configFor(restartDigest: string, textDigest: string): Promise<StoredConfig | undefined>;
  /** Revision of a secret's value, without the value. */
  secretRevision(name: string): Promise<string>;
  secret(name: string): Promise<Revised & { value: string }>;
}
