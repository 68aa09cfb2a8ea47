import { X509Certificate } from "node:crypto";
import type { Leaf } from "./rules";

/**
 * End, in seconds since the epoch, of the certificate that a leaf has shown; undefined where it is another's.
 *
 * Its own authority signs for it alone. The hub's signs for each leaf by name, and others sign what they like: their names
 * count for nothing. The server has verified every chain up to an authority that it trusts for leaf nodes.
 */
export function certificateEnd(
  chains: readonly (readonly string[])[],
  { name, authorities = [], others = [] }: Leaf["certificate"],
): number | undefined {
  for (const [own, root] of chains.map(ends)) {
    if (!own || !root) continue;
    const isByOwn = authorities.includes(root.fingerprint256);
    const isByHub = !others.includes(root.fingerprint256) && namesOf(own).includes(name);
    if (isByOwn || isByHub) return Math.floor(Date.parse(own.validTo) / 1000);
  }
  return undefined;
}

/** The client's own certificate and the authority that it leads to; nothing where one of them is no certificate. */
function ends(chain: readonly string[]): (X509Certificate | undefined)[] {
  // Alone, it is an authority's or signed by nobody whom the chain names.
  if (chain.length < 2) return [];
  return [chain[0], chain.at(-1)].map((pem = "") => {
    try {
      return new X509Certificate(pem);
    } catch {
      return undefined;
    }
  });
}

/** DNS names. Commas inside of a name are escaped by Node, in quotes. */
const namesOf = ({ subjectAltName = "" }: X509Certificate): string[] =>
  subjectAltName.split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice("DNS:".length)] : []));
