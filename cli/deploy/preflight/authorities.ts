import type { Trust } from "../../../model/config";
import { loadTrustIfThere, trustFile } from "../../../model/config/load";
import type { Topology } from "../../../model/topology";
import { judgeAuthorities, warnDays } from "../check-authorities";
import type { Prerequisite } from "./prerequisite";

/** No authority of linked clusters is about to end: an operator has to replace it. */
export async function authorityPrerequisites(root: string, topology: Topology): Promise<Prerequisite[]> {
  const rows = await judgeAuthorities(topology, trustOf(topology, root), new Date());
  return rows.map(({ what, ok, warns, seen }) => ({
    name: what,
    found: seen,
    needed: `${warnDays} days left`,
    ok: ok && !warns,
    get: "replace it as docs/leaf-clusters.md describes",
  }));
}

/** The trust file; empty when it is missing or unreadable, which another row reports. */
function trustOf({ environment }: Topology, root: string): Pick<Trust, "authorities"> {
  try {
    return loadTrustIfThere(trustFile(environment, root), root) ?? {};
  } catch {
    return {};
  }
}
