import { type ServerConfProps, serverConf } from "./server";
import { printConf } from "./tree";

/** The text of a server's `nats.conf`. */
export function toNatsConf(props: ServerConfProps): string {
  return printConf(serverConf(props));
}

export { type LeafFiles, leafRemote } from "./leaf-remote";
export { placedKeys, withoutPlace } from "./placed-keys";
export { deployedDigest, reloadableKeys, restartDigest } from "./restart";
export { gate, type ServerConfProps, serverConf } from "./server";
export { hubUrls, platformSite, type Site } from "./site";
export * from "./tree";
