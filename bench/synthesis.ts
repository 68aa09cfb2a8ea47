import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../bin/built";
import demo from "../environments/demo";
import type { EnvironmentInput } from "../model/config";
import { cpuInTurns, cpuOf } from "./cpu";
import { natsform } from "./natsform";

const rounds = 5;

/** CPU time of a synthesis: of demo as people run it, and of many servers, beside raw JSON of the same size. */
export async function benchSynthesis(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  try {
    mkdirSync(join(folder, "environments"));
    const sizes = { demo: 1, ten: 10, forty: 40 };
    for (const [name, clusters] of Object.entries(sizes)) {
      write(folder, name, clusters);
      natsform(folder, "keys", "init", name);
    }
    const env = (name: string) => ({
      NATSFORM_PROJECT: folder,
      NATSFORM_ENV: name,
      CDKTF_OUTDIR: join(folder, "out", name),
      NATSFORM_CACHE: join(folder, "cache"),
    });
    mkdirSync(join(folder, "out"));
    const own = join(packageRoot, "main.ts");
    const inProcess = (name: string) => cpuOf(packageRoot, env(name), process.execPath, "-e", synthesis);
    const throughTsx = () => cpuOf(packageRoot, env("demo"), "npx", "tsx", own);
    for (const name of Object.keys(sizes)) inProcess(name);
    throughTsx();
    const made = written(join(folder, "out", "forty"));
    writeFileSync(join(folder, "raw.json"), made.text);
    const raw = `const fs = require("fs"); const all = JSON.parse(fs.readFileSync("raw.json", "utf8"));
      fs.writeFileSync("raw.out", JSON.stringify(all, null, 2));`;
    const cpu = cpuInTurns(rounds, {
      floor: () => cpuOf(folder, {}, process.execPath, "-e", "0"),
      raw: () => cpuOf(folder, {}, process.execPath, "-e", raw),
      main: throughTsx,
      demo: () => inProcess("demo"),
      ten: () => inProcess("ten"),
      forty: () => inProcess("forty"),
    });
    const line = (title: string, ms: number, rest = "") =>
      `  ${title.padEnd(46)}${(ms / 1000).toFixed(2)} s  ${(ms / cpu.floor).toFixed(1)} x floor${rest}\n`;
    const ten = written(join(folder, "out", "ten")).resources;
    const each = ((cpu.forty - cpu.ten) / (made.resources - ten)).toFixed(2);
    process.stdout.write(`synthesis: CPU time, median of ${rounds} rounds in turns
  ${"floor: node -e 0".padEnd(46)}${(cpu.floor / 1000).toFixed(2)} s
${line("npx tsx main.ts, demo", cpu.main)}${line("in process, demo", cpu.demo)}${line(`in process, 50 servers, ${ten} resources`, cpu.ten)}${line(
  `in process, 200 servers, ${made.resources} resources`,
  cpu.forty,
  `, ${(cpu.forty / cpu.raw).toFixed(1)} x raw JSON of ${(made.text.length / 1e6).toFixed(1)} MB; ${each} ms each`,
)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `natsform deploy` does to synthesize, in a process of its own. */
const synthesis = `
  const { loadBuilt } = require(${JSON.stringify(join(packageRoot, "bin/compiled.js"))});
  const { loadContexts, readSettings, synthesize, writeCode } = loadBuilt("synthesis.cjs", "bench");
  const settings = readSettings(process.env);
  loadContexts(settings, new Date().toISOString().slice(0, 10)).then((contexts) => {
    writeCode(settings.root);
    synthesize(contexts, process.env.CDKTF_OUTDIR);
  });`;

/** Writes demo with as many clusters of five servers; with one, as it is. */
function write(folder: string, name: string, clusters: number): void {
  const [core] = Object.values(demo.clusters);
  const many = Array.from({ length: clusters }, (_, i) => {
    const domain = `c${i}.example.com`;
    return [`c${i}`, { ...core, size: 5, platform: { ...core?.platform, domain } }];
  });
  const environment = {
    ...demo,
    name,
    ...(clusters > 1 && { clusters: Object.fromEntries(many), streams: [] }),
  } as EnvironmentInput;
  writeFileSync(join(folder, "environments", `${name}.ts`), `export default ${JSON.stringify(environment)};\n`);
}

/** Everything that was written, as one JSON text. */
function written(out: string): { text: string; resources: number } {
  const stacks = readdirSync(join(out, "stacks")).map((stack) =>
    JSON.parse(readFileSync(join(out, "stacks", stack, "cdk.tf.json"), "utf8")),
  ) as { resource?: Record<string, object> }[];
  const counts = stacks.flatMap(({ resource = {} }) => Object.values(resource).map((all) => Object.keys(all).length));
  return { text: JSON.stringify(stacks, null, 2), resources: counts.reduce((sum, count) => sum + count, 0) };
}
