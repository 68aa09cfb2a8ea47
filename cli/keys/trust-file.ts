import { writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import { loadTrust } from "../../model/config/load";
import type { LeafAuthorities } from "../../model/topology";

/** Writes a trust file. @returns true when it changed */
export const writeTrust = (path: string, trust: Trust): boolean =>
  writeFileAtomically(path, `${JSON.stringify(trust, null, 2)}\n`);

/**
 * Writes authorities of leaf nodes into a trust file; each replaces the cluster's old one.
 *
 * @returns true when it changed
 */
export function recordAuthorities(path: string, root: string, authorities: LeafAuthorities): boolean {
  const trust = loadTrust(path, root);
  return writeTrust(path, { ...trust, authorities: { ...trust.authorities, ...authorities } });
}
