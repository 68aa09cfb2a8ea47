import { loadBuilt } from "./bin/compiled";
import type * as synthesis from "./stacks/synthesis";

// Built from the sources: to compile them on each run takes longer than all that follows.
const { loadContexts, problemTexts, readSettings, synthesize, writeCode }: typeof synthesis = loadBuilt(
  "synthesis.cjs",
  "main",
);

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  // environments/*.ts, checked, each with its topology
  const contexts = await loadContexts(settings, new Date().toISOString().slice(0, 10));
  // .natsform/: what functions and images run
  writeCode(
    settings.root,
    contexts.map(({ topology }) => topology),
  );
  // cdktf.out/: one folder for each stack
  for (const message of synthesize(contexts)) console.error(message);
}

main().catch((error: unknown) => {
  for (const text of problemTexts(error)) console.error(text);
  process.exitCode = 1;
});
