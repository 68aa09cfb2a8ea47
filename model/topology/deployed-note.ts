import type * as fflate from "fflate";
import type { Trust } from "../config";
import type { Topology } from "./model";

/** What servers were made from, and the public halves of the keys that they were made with. */
export interface Deployed {
  topology: Topology;
  /** None where an older natsform noted them. */
  trust?: Trust;
}

/** Characters of a note: a state holds it, and every plan twice. A hundred servers with a thousand streams need a tenth. */
const mostText = 1 << 20;

/** Bytes that a note is unpacked to at most, whoever wrote it. */
const mostBytes = 32 << 20;

/**
 * What servers are made from, as text for a root output of their stack: a plan shows an output with both of its values, so
 * that whoever reads the plan knows what was there and what will be. No secret is in it, and no time: the same topology gives
 * the same text on every machine. Keys stay in their order, in which they are rendered.
 *
 * @throws when it is longer than a state should hold
 */
export function deployedNote(deployed: Deployed): string {
  const { deflateSync, strToU8 } = library();
  const text = Buffer.from(deflateSync(strToU8(JSON.stringify(deployed)), { level: 9 })).toString("base64");
  if (text.length > mostText) throw new Error(`what the servers are made from is ${text.length} characters packed`);
  return text;
}

/** Reads a note; undefined for what is none, or unpacks to more than a note can be. */
export function readDeployedNote(text: unknown): Deployed | undefined {
  if (typeof text !== "string" || text.length > mostText) return undefined;
  try {
    const value = JSON.parse(unpacked(Buffer.from(text, "base64"))) as Partial<Deployed>;
    return value.topology && { topology: value.topology, ...(value.trust && { trust: value.trust }) };
  } catch {
    return undefined;
  }
}

/** Loaded here: most commands read none. A packer in JavaScript, since that of Node differs between machines. */
const library = () => require("fflate") as typeof fflate;

function unpacked(packed: Uint8Array): string {
  const { Inflate } = library();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const inflate = new Inflate((part) => {
    bytes += part.length;
    if (bytes > mostBytes) throw new Error("too long");
    parts.push(part);
  });
  const step = 4096;
  for (let i = 0; i < packed.length; i += step) inflate.push(packed.subarray(i, i + step), i + step >= packed.length);
  return Buffer.concat(parts).toString("utf8");
}
