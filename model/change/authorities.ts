import type { AuthorityTopology, ClusterTopology } from "../topology";

/**
 * Authorities that are others than before, of the same signer. None where a note of before names none: what nobody knows
 * has not changed.
 */
export const exchangedAuthorities = (
  old: ClusterTopology,
  { authorities = [] }: ClusterTopology,
): AuthorityTopology[] =>
  authorities.filter(({ issuer, signer, place }) => {
    const was = old.authorities?.find((one) => one.issuer === issuer);
    return was !== undefined && was.signer === signer && was.place !== place;
  });
