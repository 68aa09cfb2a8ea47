import { judgeTrustFile } from "../../../admission";
import { type Environment, formatPath } from "../../../model/config";
import { findTrust, loadTrustIfThere, trustFile } from "../../../model/config/load";
import type { Topology } from "../../../model/topology";
import { notExported, readExportRecord } from "../../keys/export/record";
import type { KeyStore } from "../../keys/key-store";
import { deployedValues } from "../../keys/push";
import { refuseOtherKeys } from "../../keys/trusted-keys";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

const getKeys = (name: string) => `natsform keys init ${name} creates real keys`;

/** The trust file is a real one: a row of natsform doctor. `admit` refuses to deploy with an example. */
export function trustPrerequisites(
  root: string,
  environment: Environment,
  topology: Topology,
): Promise<Prerequisite>[] {
  const { name } = environment;
  return [
    checkPrerequisite({ name: "trust file", needed: "real, not an example", get: getKeys(name) }, async () => {
      const trust = findTrust(trustFile(name, root), root);
      const today = new Date().toISOString().slice(0, 10);
      const verdict = judgeTrustFile({ environment, topology, purpose: "deployment", trust, today });
      const problems = verdict.problems.flatMap((one) =>
        one.problems.map(({ path, message }) => [formatPath(path), message].filter(Boolean).join(" ")),
      );
      return { ok: problems.length === 0, found: [trust.file, problems.join("; ")].filter(Boolean).join(": ") };
    }),
  ];
}

/** An export holds the keys of the trust file as they are now: whoever loses the store has lost nothing. */
export function exportPrerequisites(root: string, name: string): Promise<Prerequisite>[] {
  const path = trustFile(name, root);
  const { trust } = findTrust(path, root);
  // A missing or wrong file, or an example, has a row of its own.
  if (!trust || trust.example) return [];
  const get = `natsform keys export ${name} --out FILE --recipient age1…, then version the record that it writes`;
  const row = { name: "export of the keys", needed: "every key of the trust file in it", get };
  const checked = checkPrerequisite(row, async () => {
    const record = readExportRecord(root, name);
    if (!record) return { ok: false, found: "there is none" };
    const lacks = notExported(trust, record);
    const of = `of ${record.exported.slice(0, 10)}`;
    return { ok: lacks.length === 0, found: lacks.length === 0 ? of : `${of}; it lacks ${lacks.join(", ")}` };
  });
  return [checked.then((one) => ({ ...one, optional: true }))];
}

/** The store holds the keys of the trust file. */
export function keyPrerequisites(
  root: string,
  { name }: Environment,
  topology: Topology,
  keys: () => KeyStore,
): Promise<Prerequisite>[] {
  const get = getKeys(name);
  return [
    checkPrerequisite({ name: "keys", needed: "all keys of the programs, as in the trust file", get }, async () => {
      const store = keys();
      const trust = loadTrustIfThere(trustFile(name, root), root) ?? {};
      const values = await deployedValues({ topology, trust }, store);
      const missing = values.filter(({ value }) => value === "").map((one) => one.name);
      const isMissing =
        missing.length === values.length
          ? `there are none in ${store.description}`
          : `${store.description} lacks ${missing.join(", ")}`;
      if (missing.length === 0) await refuseOthers(root, topology, store);
      return {
        ok: missing.length === 0,
        found: missing.length === 0 ? `${values.length} in ${store.description}` : isMissing,
      };
    }),
  ];
}

/** Refuses other keys than the trust file's: no responder has them. A missing file or an example has its own row. */
async function refuseOthers(root: string, topology: Topology, store: KeyStore): Promise<void> {
  const trust = loadTrustIfThere(trustFile(topology.environment, root), root);
  if (trust && !trust.example) await refuseOtherKeys(topology, trust, store);
}
