import { programFile } from "../../artifacts/build/names";
import { copyBuilt } from "../../artifacts/copy-built";
import { programModel, programNames } from "../../model/topology";
import { print } from "../core/output";
import { UserError } from "../core/project";

/** Programs that can be used without the rest of natsform. */
const known = programNames.filter((name) => programModel(name).standalone).sort();

export function bundle(name: string, { out }: { out: string }): void {
  const entry = known.find((one) => one === name);
  if (!entry) throw new UserError(`no such program: ${name}`, `known: ${known.join(", ")}`);
  copyBuilt(programFile(entry), out);
  print(`${out} written; run it with node ${out}`);
}
