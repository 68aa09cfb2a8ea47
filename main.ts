import { App } from "cdktf";
import { RefusedError } from "./admission";
import { writeCode } from "./artifacts/code";
import { ConfigError } from "./model/config";
import { skipStackTraces } from "./modules/terraform/fast-synth";
import { readSettings } from "./modules/terraform/settings";
import { addStacks } from "./stacks";
import { loadContexts } from "./stacks/load";

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const contexts = await loadContexts(settings, new Date().toISOString().slice(0, 10));
  writeCode(settings.root);
  skipStackTraces();
  const app = new App();
  for (const line of contexts.flatMap((context) => addStacks(app, context))) console.error(line);
  app.synth();
}

main().catch((error: unknown) => {
  const problems = error instanceof AggregateError ? error.errors : [error];
  for (const problem of problems) {
    // Problems of a file are for its author; a stack trace would hide them.
    console.error(problem instanceof ConfigError || problem instanceof RefusedError ? problem.message : problem);
  }
  process.exitCode = 1;
});
