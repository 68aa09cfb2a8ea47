import { resolve } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { subjectsText } from "../../templates/subjects";
import { openEnvironment } from "../core/environment";
import { print } from "../core/output";
import { UserError } from "../core/project";

export async function subjects(name: string, { out, check }: { out?: string; check?: boolean }): Promise<void> {
  const { environment } = await openEnvironment(name);
  const text = subjectsText(environment, `natsform subjects ${name}`);
  if (out === undefined) {
    if (check) throw new UserError("--check compares a file", "--out FILE names it");
    process.stdout.write(text);
    return;
  }
  const command = `natsform subjects ${name} --out ${out}`;
  const path = resolve(out);
  if (check) {
    const found = readIfThere(path);
    if (found === undefined) throw new UserError(`${out} is not there`, command);
    if (found !== text) throw new UserError(`${out} is not what ${name} says`, command);
    print(`${out} is up to date`);
    return;
  }
  print(`${out} ${writeFileAtomically(path, text) ? "written" : "unchanged"}`);
}
