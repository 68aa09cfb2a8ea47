import { deployedDigest } from "./restart";
import { type ServerConfProps, serverConf } from "./server";
import { printConf } from "./tree";

/** The text of a server's `nats.conf`. */
export function toNatsConf(props: ServerConfProps): string {
  return printConf(serverConf(props));
}

/** Deployed parts of a server: its text, and the digest of the part that only a restart can change. */
export interface RenderedServer {
  text: string;
  restartDigest: string;
}

/** Renders a deployed server once, for all users of one of these parts. */
export function renderServer(props: ServerConfProps): RenderedServer {
  const conf = serverConf(props);
  return { text: printConf(conf), restartDigest: deployedDigest(conf, props) };
}

export { configDigest, type ReadValue, readScalar } from "./config-digest";
export { type LeafFiles, leafRemote } from "./leaf-remote";
export { type IncludedFile, renderedDigest, UnreadableConf } from "./read-conf";
export { deployedDigest, restartDigest } from "./restart";
export { gate, type ServerConfProps, serverConf } from "./server";
export { hubUrls, platformSite, type Site } from "./site";
export { siteKeys, withoutSite } from "./site-keys";
export * from "./tree";
