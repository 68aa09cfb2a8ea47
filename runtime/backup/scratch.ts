import { startScratchServer } from "./scratch-server";
import { type ScratchServer, useScratchServer } from "./scratch-sidecar";

/** A nats-server to start, or the loopback URL of one that somebody else starts for the drill alone. */
export type ScratchPlace = { readonly binary: string } | { readonly url: string };
export const openScratchServer = (place: ScratchPlace): Promise<ScratchServer> =>
  "url" in place ? useScratchServer(place.url) : startScratchServer(place.binary);
