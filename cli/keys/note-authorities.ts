import { loadTrust } from "../../modules/config/load";
import type { LeafAuthorities } from "../../modules/topology";
import { writeFileAtomically } from "../files";

/** Writes authorities of leaf nodes into a trust file, each in the place of what stood there. @returns whether it changed */
export function noteAuthorities(path: string, root: string, authorities: LeafAuthorities): boolean {
  const trust = loadTrust(path, root);
  const changed = { ...trust, authorities: { ...trust.authorities, ...authorities } };
  return writeFileAtomically(path, `${JSON.stringify(changed, null, 2)}\n`);
}
