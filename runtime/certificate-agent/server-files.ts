import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { unionPem } from "../x509/pem";
import { readIfThere, replaceFile } from "./atomic";
import type { ServerCertificate } from "./certificate";
import { CertificateFiles } from "./certificate-files";
import type { AgentCertificate, AgentCredential } from "./env";

/** File times come from a clock that advances only at each tick of the kernel. */
const clockTickMs = 20;

/** Everything that the server reads, in its folder: nats.conf, certs/, ca/, credentials/. */
export class ServerFiles {
  readonly certificates: CertificateFiles;
  readonly #conf: string;
  /** Configuration that the server is known to have loaded: it is put back when the server refuses the next one. */
  readonly #loadedConf: string;

  constructor(
    readonly folder: string,
    readonly desired: {
      certificates: readonly AgentCertificate[];
      credentials: readonly AgentCredential[];
      /** Of other clusters, by issuer. */
      authorities?: Readonly<Record<string, string>>;
    },
  ) {
    mkdirSync(folder, { recursive: true });
    this.certificates = new CertificateFiles(join(folder, "certs"));
    this.#conf = join(folder, "nats.conf");
    this.#loadedConf = join(folder, ".nats.conf.loaded");
    // The last run may have been killed before this.
    this.#writeAuthorities();
  }

  writeCertificate(id: string, certificate: ServerCertificate): void {
    this.certificates.write(id, certificate);
    this.#writeAuthorities();
  }

  conf = (): string | undefined => readIfThere(this.#conf) || undefined;
  writeConf = (text: string): void => replaceFile(this.#conf, text);

  loadedConf = (): string | undefined => readIfThere(this.#loadedConf) || undefined;
  /** Records that the server has loaded the current files. */
  confirmLoaded(): void {
    const conf = this.conf();
    if (conf && conf !== this.loadedConf()) replaceFile(this.#loadedConf, conf);
    this.certificates.removeOthers(this.desired.certificates.map(({ id }) => id));
  }

  #credential = (file: string) => join(this.folder, "credentials", file);
  credential = (file: string): string | undefined => readIfThere(this.#credential(file)) || undefined;
  writeCredential(file: string, content: string | undefined): void {
    if (content === undefined) rmSync(this.#credential(file), { force: true });
    else replaceFile(this.#credential(file), content, 0o600);
  }

  #authorities = (issuer: string) => join(this.folder, "ca", `${issuer}.crt`);
  /**
   * Makes `ca/<issuer>.crt` trust all authorities of the certificates of that issuer: during a rollover the
   * certificates change one after another, and peers present some of the old authority and some of the new one.
   */
  #writeAuthorities(): void {
    for (const [issuer, text] of this.#desiredAuthorities()) {
      const path = this.#authorities(issuer);
      if (text !== "" && readIfThere(path) !== text) replaceFile(path, text);
    }
  }

  #desiredAuthorities(): Map<string, string> {
    const texts = new Map<string, string[]>();
    for (const { id, issuer } of this.desired.certificates) {
      const certificate: ServerCertificate | undefined = this.certificates.read(id);
      texts.set(issuer, [...(texts.get(issuer) ?? []), certificate?.authorities ?? ""]);
    }
    const others = this.desired.authorities ?? {};
    // Without an authority of its own a server cannot start: authorities of other clusters are then left out, too.
    return new Map(
      [...texts].map(([issuer, list]) => {
        const own = unionPem(list);
        return [issuer, own === "" ? "" : unionPem([own, others[issuer] ?? ""])];
      }),
    );
  }

  /** Files that the server would miss if it started now. */
  missing(): string[] {
    const { certificates, credentials } = this.desired;
    return [
      ...(this.conf() ? [] : ["nats.conf"]),
      ...certificates.filter(({ id }) => !this.certificates.read(id)).map(({ id }) => `certificate ${id}`),
      ...[...this.#desiredAuthorities()]
        .filter(([issuer, text]) => text !== "" && readIfThere(this.#authorities(issuer)) !== text)
        .map(([issuer]) => `authorities of ${issuer}`),
      ...credentials.filter(({ file }) => !this.credential(file)).map(({ file }) => `credentials ${file}`),
    ];
  }

  /** Time when the last of the files was written, in milliseconds since 1970: a server that loaded earlier lacks it. */
  writtenAt(): number {
    const { certificates, credentials } = this.desired;
    const paths = [
      this.#conf,
      ...certificates.map(({ issuer }) => this.#authorities(issuer)),
      ...credentials.map(({ file }) => this.#credential(file)),
    ];
    const times = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    const links = certificates.map(({ id }) => (this.certificates.read(id) ? this.certificates.writtenAt(id) : 0));
    return Math.max(...times, ...links) + clockTickMs;
  }
}
