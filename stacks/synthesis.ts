import { join } from "node:path";
import { App } from "cdktf";
import { RefusedError } from "../admission";
import { writeStackLock } from "../artifacts/provider-lock";
import { ConfigError } from "../model/config";
import type { StackContext } from "../modules/aws/context";
import { synthesizeFast } from "../modules/terraform/fast-synth";
import { addStacks } from ".";

/**
 * Writes the stacks of environments as `cdktf.out` has them.
 *
 * @param outdir folder to write; default: where CDKTF's command line expects it
 * @returns messages about clusters that are skipped
 */
export function synthesize(contexts: readonly StackContext[], outdir?: string): string[] {
  synthesizeFast();
  const app = new App({ outdir });
  const messages = contexts.flatMap((context) => addStacks(app, context));
  app.synth();
  const [project] = contexts;
  for (const { name } of Object.values(app.manifest.stacks))
    if (project) writeStackLock(project.settings.root, join(app.outdir, "stacks", name));
  return messages;
}

/**
 * Texts of an error that `loadContexts` throws. Problems of a file are for its author: a stack trace would hide them.
 */
export function problemTexts(error: unknown): string[] {
  const problems: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return problems.map((problem) => {
    if (problem instanceof ConfigError || problem instanceof RefusedError) return problem.message;
    return problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  });
}

export { writeCode } from "../artifacts/code";
export { readSettings } from "../modules/terraform/settings";
export { type LeftStack, synthesizeLeft } from "./left";
export { loadContexts } from "./load";
