import { join, resolve } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import type { DeployPolicy, PolicyDocument } from "../../templates/deploy-policy";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { policyOf } from "../deploy/deploy-policy";

export interface DeployPolicyCommand {
  out?: string;
  json?: boolean;
}

/** `natsform deploy-policy`: what whoever deploys has to be allowed. */
export async function showDeployPolicy(name: string, { out, json }: DeployPolicyCommand): Promise<void> {
  const policy = await policyOf(await openEnvironment(name));
  const files = filesOf(policy);
  if (out !== undefined)
    for (const { file, document } of files)
      writeFileAtomically(join(resolve(out), file), `${JSON.stringify(document, null, 2)}\n`);
  if (json) {
    printJson({ environment: name, plan: policy.plan, apply: policy.apply });
    return;
  }
  print(table([["DOCUMENT", "STATEMENT", "ACTIONS", "OF"], ...files.flatMap(rows)]));
  print(
    out === undefined ? "--out FOLDER writes them" : `written: ${files.map(({ file }) => join(out, file)).join(", ")}`,
  );
}

interface PolicyFile {
  file: string;
  document: PolicyDocument;
}

const filesOf = (policy: DeployPolicy): PolicyFile[] =>
  (["plan", "apply"] as const).flatMap((name) => {
    const documents = policy[name];
    return documents.map((document, i) => ({
      file: documents.length === 1 ? `${name}.json` : `${name}-${i + 1}.json`,
      document,
    }));
  });

const rows = ({ file, document }: PolicyFile): string[][] =>
  document.Statement.map(({ Sid, Action, Resource, Condition }) => [
    file,
    Sid,
    String(Action.length),
    [...Resource, ...Object.values(Condition ?? {}).flatMap((keys) => Object.entries(keys).map(conditionText))].join(
      " ",
    ),
  ]);

const conditionText = ([key, values]: [string, string[]]) => `(${key}: ${values.join(", ")})`;
