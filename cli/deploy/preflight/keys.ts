import type { Environment } from "../../../model/config";
import { loadTrustIfThere, trustFile } from "../../../model/config/load";
import { type Topology, trustProblems } from "../../../model/topology";
import type { KeyStore } from "../../keys/key-store";
import { deployedValues } from "../../keys/push";
import { refuseOtherKeys } from "../../keys/trusted-keys";
import { type Need, need } from "./need";

/** The trust file is a real one, and what belongs to it is in the store. */
export function keyNeeds(
  root: string,
  { name }: Environment,
  topology: Topology,
  keys: () => KeyStore,
): Promise<Need>[] {
  const get = `natsform keys init ${name} makes real ones`;
  const file = `environments/${name}.trust.json`;
  return [
    need({ name: "trust file", needed: "of keys that somebody holds", get }, async () => {
      const trust = loadTrustIfThere(trustFile(name, root), root);
      if (!trust) return { ok: false, found: `${file} is not there` };
      if (trust.example) return { ok: false, found: `${file} is an example: nobody holds its keys` };
      const problems = trustProblems(topology, trust).map(({ message }) => message);
      return { ok: problems.length === 0, found: problems.join("; ") || file };
    }),
    need({ name: "keys", needed: "every one that programs read, as in the trust file", get }, async () => {
      const store = keys();
      const values = await deployedValues(topology, store);
      const missing = values.filter(({ value }) => value === "").map((one) => one.name);
      const lacks =
        missing.length === values.length
          ? `there are none in ${store.description}`
          : `${store.description} lacks ${missing.join(", ")}`;
      if (missing.length === 0) await refuseOthers(root, topology, store);
      return {
        ok: missing.length === 0,
        found: missing.length === 0 ? `${values.length} in ${store.description}` : lacks,
      };
    }),
  ];
}

/** Servers would take over keys that no responder has. A trust file that is not there, or an example, has a row of its own. */
async function refuseOthers(root: string, topology: Topology, store: KeyStore): Promise<void> {
  const trust = loadTrustIfThere(trustFile(topology.environment, root), root);
  if (trust && !trust.example) await refuseOtherKeys(topology, trust, store);
}
