import { deployedSecrets, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import type { KeyStore } from "./key-store";

/** The deployed secrets of the environment with their values, in the form that programs read. */
export async function deployedValues(topology: Topology, from: KeyStore): Promise<{ name: string; value: string }[]> {
  return Promise.all(
    deployedSecrets(topology).map(async ({ name, keys }) => {
      const values = await Promise.all(keys.map((key) => from.read(key)));
      return { name, value: values.filter((value) => value !== undefined).join("\n") };
    }),
  );
}

/**
 * Writes the secrets of deployed programs into the deployment's store. Keys that sign for an operator are not copied.
 * Idempotent.
 *
 * @throws UserError when a key is missing, before anything is written
 */
export async function pushSecrets(
  topology: Topology,
  from: KeyStore,
  to: KeyStore,
): Promise<{ written: number; unchanged: number }> {
  const secrets = await deployedValues(topology, from);
  const missing = secrets.filter(({ value }) => value === "").map(({ name }) => name);
  if (missing.length === secrets.length)
    throw new UserError(`there are no keys in ${from.description}`, "natsform keys init");
  if (missing.length > 0)
    throw new UserError(
      `${from.description} lacks ${missing.join(", ")}`,
      "natsform keys init creates what is missing",
    );
  let written = 0;
  for (const { name, value } of secrets) {
    if ((await to.read(name)) === value) continue;
    await to.write(name, value);
    written++;
  }
  return { written, unchanged: secrets.length - written };
}
