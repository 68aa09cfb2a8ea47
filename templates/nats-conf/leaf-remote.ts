import type { LeafLink, Topology } from "../../model/topology";
import { type ConfObject, Include } from "./tree";

/** Files of a leaf: its own certificate and credentials, and the authority of its hub. */
export interface LeafFiles {
  certificate: { cert: string; key: string };
  ca: string;
  /** Operator mode: file with the creds of a user. */
  credentials(user: string): string;
  /** Configuration mode: file that sets `nkey` to the user's seed, relative to the configuration's folder. */
  seedInclude(user: string): string;
}

export interface LeafRemoteProps {
  mode: Topology["identity"]["mode"];
  link: LeafLink;
  urls: readonly string[];
  /** Account of the leaf that is joined to the hub's; without it the leaf's global one. */
  account: string | undefined;
  files: LeafFiles;
}

/** A leaf's side of a link: one entry of `leafnodes.remotes`. */
export function leafRemote({ mode, link, urls, account, files }: LeafRemoteProps): ConfObject {
  const { cert, key } = files.certificate;
  return {
    urls,
    account,
    // In configuration mode NATS takes the seed itself, not a file of it: only an include keeps it out of this text.
    ...(mode === "operator"
      ? { credentials: files.credentials(link.user) }
      : { include: new Include(files.seedInclude(link.user)) }),
    // Servers apply it in both directions.
    deny_imports: link.closed.both,
    deny_exports: link.closed.exports,
    tls: { cert_file: cert, key_file: key, ca_file: files.ca, timeout: 5 },
  };
}
