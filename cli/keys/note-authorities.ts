import { writeFileAtomically } from "../../artifacts/files";
import { loadTrust } from "../../model/config/load";
import type { LeafAuthorities } from "../../model/topology";

/** Writes authorities of leaf nodes into a trust file, each in the place of what stood there. @returns whether it changed */
export function noteAuthorities(path: string, root: string, authorities: LeafAuthorities): boolean {
  const trust = loadTrust(path, root);
  const changed = { ...trust, authorities: { ...trust.authorities, ...authorities } };
  return writeFileAtomically(path, `${JSON.stringify(changed, null, 2)}\n`);
}
