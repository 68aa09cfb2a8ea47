import { startScratchServer } from "./scratch-server";
import { type ScratchServer, useScratchServer } from "./scratch-sidecar";

/** A nats-server to start, or the loopback URL of one that is started elsewhere for the drill alone. */
export type ScratchSource = { readonly binary: string } | { readonly url: string };
export const openScratchServer = (source: ScratchSource): Promise<ScratchServer> =>
  "url" in source ? useScratchServer(source.url) : startScratchServer(source.binary);
