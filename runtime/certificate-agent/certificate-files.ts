import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, readIfThere, replaceLink } from "./atomic";
import { contentDigest, readPair, type ServerCertificate } from "./certificate";

/**
 * The certificates that a server reads from `certs/<id>/tls.crt` and `tls.key`. `certs/<id>` is a link to a folder that
 * never changes, so certificate and key always belong together, wherever a write is cut off.
 */
export class CertificateFiles {
  readonly #folder: string;
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  #link = (id: string) => join(this.#folder, id);

  /** The certificate in place; undefined when there is none or it cannot be used. */
  read(id: string): ServerCertificate | undefined {
    const [crt, key, authorities] = ["tls.crt", "tls.key", "authorities.crt"].map((file) =>
      readIfThere(join(this.#link(id), file)),
    );
    if (crt === undefined || key === undefined) return undefined;
    try {
      return readPair(crt, key, authorities ?? "");
    } catch {
      return undefined;
    }
  }

  write(id: string, certificate: ServerCertificate): void {
    const { crt, key, authorities } = certificate;
    const version = `.${id}.${contentDigest(certificate)}`;
    const path = join(this.#folder, version);
    if (!existsSync(path)) {
      makeFolder(path, {
        "tls.crt": { content: crt, mode: 0o644 },
        "tls.key": { content: key, mode: 0o600 },
        "authorities.crt": { content: authorities, mode: 0o644 },
      });
    }
    replaceLink(this.#link(id), version);
  }

  /** Milliseconds since 1970. */
  writtenAt = (id: string): number => lstatSync(this.#link(id)).mtimeMs;

  /** Removes everything that no certificate uses: previous versions, and leftovers of a killed run. */
  removeOthers(ids: readonly string[]): void {
    const kept = new Set(ids.flatMap((id) => [id, existsSync(this.#link(id)) ? readlinkSync(this.#link(id)) : id]));
    for (const name of readdirSync(this.#folder)) {
      if (!kept.has(name)) rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }
}
