/** Kinds of subnets: with a route to the Internet, or without one into them. */
export type SubnetKind = "public" | "private";

/** Tag that subnets are found by, together with their VPC and zone. */
export const subnetTag = "natsform:subnet";

/**
 * Address range of a subnet: the 64th part of the VPC's range that belongs to the zone's letter. It depends on nothing
 * else, so another zone moves no subnet.
 *
 * @param range of the VPC, /16 to /22
 */
export function subnetRange(range: string, kind: SubnetKind, zone: string): string {
  const [address = "", prefix = ""] = range.split("/");
  const bits = Number(prefix) + 6;
  const index = zone.charCodeAt(0) - "a".charCodeAt(0) + (kind === "private" ? 32 : 0);
  const size = 2 ** (32 - bits);
  const base = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const network = base - (base % (size * 64)) + index * size;
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256);
  return `${parts.join(".")}/${bits}`;
}
