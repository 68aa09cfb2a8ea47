import { createHash } from "node:crypto";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * What a server is called in groups of replicas: eight digits of its name's SHA-256 (`getHash` in nats-server's
 * `server/events.go`). A server that has not been seen since the others began has no other name there.
 */
export const peerId = (server: string): string =>
  [...createHash("sha256").update(server).digest().subarray(0, 8)].map((byte) => digits[byte % 62]).join("");
