import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../bin/built";
import { cpuInTurns, cpuOf } from "./cpu";

const rounds = 5;
const resources = 1000;

/** A review of a large plan, beside Node that only parses it; and of the shipped environments, with the base kept. */
export async function benchReview(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  try {
    const file = join(folder, "plan.json");
    writeFileSync(file, JSON.stringify(planDocument()));
    cpSync(join(packageRoot, "environments"), join(folder, "environments"), { recursive: true });
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, "-c", "user.name=b", "-c", "user.email=b@example.com", ...args]);
    git("init", "-q", "-b", "main");
    git("add", "environments");
    git("commit", "-qm", "base");
    const env = { NATSFORM_CACHE: join(folder, "cache") };
    const node = (...args: string[]) => cpuOf(folder, env, process.execPath, ...args);
    const review = (...args: string[]) => [join(packageRoot, "bin/natsform.js"), "review", ...args];
    // Exit codes of a review tell differences: here only its cost counts.
    const anyway = (...args: string[]) => {
      const script = `process.exitCode = 0; const { spawnSync } = require("node:child_process"); spawnSync(process.execPath, ${JSON.stringify(args)}, { stdio: "ignore" });`;
      return node("-e", script) - floor;
    };
    const floor = node("-e", "0");
    anyway(...review());
    const cpu = cpuInTurns(rounds, {
      parsed: () => node("-e", `JSON.parse(require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8"))`),
      plan: () => anyway(...review("--plan", file, "--out", join(folder, "out"))),
      source: () => anyway(...review()),
    });
    const line = (title: string, ms: number) =>
      `  ${title.padEnd(62)}${ms.toFixed(0).padStart(5)} ms  ${(ms / cpu.parsed).toFixed(1)} x floor\n`;
    process.stdout.write(`review: CPU time, median of ${rounds} rounds in turns; the plan has ${resources} changed resources, ${(statSync(file).size / 1e6).toFixed(0)} MB
${line("floor: node that parses the plan", cpu.parsed)}${line("review --plan, with all four reports", cpu.plan)}${line("review of the shipped environments, the base kept", cpu.source)}  memory of review --plan: ${(memoryOf(folder, env, review("--plan", file)) / 1024).toFixed(0)} MB, of the floor: ${(memoryOf(folder, env, ["-e", `JSON.parse(require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8"))`]) / 1024).toFixed(0)} MB\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Most memory that a process had at a time, in KiB. */
function memoryOf(folder: string, env: Record<string, string>, args: string[]): number {
  const [hook, result] = [join(folder, "hook.cjs"), join(folder, "memory")];
  writeFileSync(
    hook,
    `process.on("exit", () => { if (!process.connected) require("node:fs").writeFileSync(${JSON.stringify(result)}, String(process.resourceUsage().maxRSS)); });`,
  );
  const script = `require("node:child_process").spawnSync(process.execPath, ["--require", ${JSON.stringify(hook)}, ...${JSON.stringify(args)}], { stdio: "ignore" })`;
  execFileSync(process.execPath, ["-e", script], { cwd: folder, env: { ...process.env, ...env } });
  return Number(readFileSync(result, "utf8"));
}

/** A plan as large as one of a thousand resources, a secret in each. */
function planDocument(): object {
  const text = "x".repeat(4000);
  const values = (i: number, n: number) => ({
    id: `i-${i}`,
    name: `resource-${i}`,
    tags: Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`tag-${k}`, `value-${i}-${k}`])),
    document: JSON.stringify({
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::b-${i}/${n}` }],
      text,
    }),
    secret: `a-secret-of-resource-${i}`,
    size: n,
  });
  const mask = { secret: true };
  const changes = Array.from({ length: resources }, (_, i) => ({
    address: `aws_x.n${i}`,
    mode: "managed",
    type: "aws_x",
    name: `n${i}`,
    change: {
      actions: ["update"],
      before: values(i, 1),
      after: values(i, 2),
      before_sensitive: mask,
      after_sensitive: mask,
    },
  }));
  return { format_version: "1.2", resource_changes: changes, prior_state: changes.map(({ change }) => change.before) };
}
