import { writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import type { Topology } from "../../model/topology";
import { readOwn } from "../core/own-file";
import type { Twin } from "./context";

/** What the last `up` brought about; `undefined` before the first, and where an older natsform did it. */
export function appliedTopology({ folder }: Pick<Twin, "folder">): Topology | undefined {
  return readOwn(
    folder.applied,
    (text) => JSON.parse(text) as Topology,
    "remove it; until the next up is done, a change that cannot be made in one step is not recognised",
  );
}

/** Keys with which that was done; `undefined` where an older natsform did it. */
export const appliedTrust = ({ folder }: Pick<Twin, "folder">): Trust | undefined =>
  readOwn(folder.appliedTrust, (text) => JSON.parse(text) as Trust, "remove it: the next up writes it again");

/** Notes what `up` has brought about, for the next one to compare with. */
export function noteApplied({ folder, topology }: Twin, trust: Trust): void {
  writeFileAtomically(folder.appliedTrust, `${JSON.stringify(trust)}\n`);
  writeFileAtomically(folder.applied, `${JSON.stringify(topology)}\n`);
}
