import { resolve } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { subjectsText } from "../../templates/subjects";
import { toTestEnvironment } from "../../templates/test-environment";
import { type OpenEnvironment, openEnvironment } from "../core/environment";
import { print } from "../core/output";
import { UserError } from "../core/project";

export interface SubjectsCommand {
  out?: string;
  check?: boolean;
  testServer?: boolean;
  cluster?: string;
}

export async function subjects(name: string, { out, check, testServer, cluster }: SubjectsCommand): Promise<void> {
  if (cluster !== undefined && !testServer) throw new UserError("--cluster is for --test-server", "leave it out");
  const open = await openEnvironment(name);
  const origin = `natsform subjects ${name}${testServer ? " --test-server" : ""}${cluster ? ` --cluster ${cluster}` : ""}`;
  const text = testServer ? testServerText(open, cluster) : subjectsText(open.environment, origin);
  if (out === undefined) {
    if (check) throw new UserError("--check compares a file", "--out FILE names it");
    process.stdout.write(text);
    return;
  }
  const command = `${origin} --out ${out}`;
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

/** One server has the streams of one cluster: those of two may have one name, or store the same subjects. */
function testServerText({ topology }: OpenEnvironment, cluster: string | undefined): string {
  const names = topology.clusters.map(({ name }) => name);
  if (cluster !== undefined && !names.includes(cluster))
    throw new UserError(`${topology.environment} has no cluster ${cluster}`, `one of ${names.join(", ")}`);
  const storing = names.filter((name) => topology.streams.some((stream) => stream.cluster === name));
  if (cluster === undefined && storing.length > 1)
    throw new UserError(
      `streams lie in ${storing.join(" and ")}, and a test server has those of one cluster`,
      `--cluster ${storing[0]}`,
    );
  return `${JSON.stringify(toTestEnvironment(topology, cluster === undefined ? storing : [cluster]), null, 2)}\n`;
}
