import type { Trust } from "../../model/config";
import { announcedClusters, type Topology } from "../../model/topology";
import { readPem } from "../../runtime/x509/pem";
import { checkRow, type DeployRow } from "../core/rows";

/** Days before an authority's end from which a check warns: an operator has to replace it. */
export const warnDays = 60;

const dayMs = 86_400_000;

/** Authorities of leaf nodes in the trust file that a cluster uses: how long each cluster's last one is valid. */
export function judgeAuthorities(
  topology: Topology,
  { authorities = {} }: Pick<Trust, "authorities">,
  now: Date,
): Promise<DeployRow[]> {
  const foreign = topology.clusters.flatMap(({ foreignLeafs }) => foreignLeafs);
  const used = new Set([...announcedClusters(topology), ...foreign].map(({ name }) => name));
  const known = Object.entries(authorities).filter(([name]) => used.has(name));
  return Promise.all(
    known.map(([name, pem]) => checkRow("trust", `authority of ${name}`, async () => judge(pem, now))),
  );
}

function judge(pem: string, now: Date): Pick<DeployRow, "ok" | "warns" | "seen"> {
  const until = Math.max(...readPem(pem).map(({ validTo }) => Date.parse(validTo)));
  const days = Math.floor((until - now.getTime()) / dayMs);
  const date = new Date(until).toISOString().slice(0, 10);
  if (days < 0) return { ok: false, seen: `ended on ${date}` };
  return { ok: true, ...(days < warnDays && { warns: true }), seen: `${days} days left, until ${date}` };
}
