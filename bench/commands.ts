import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../bin/built";
import { cpuInTurns, cpuOf } from "./cpu";

const rounds = 9;

/** CPU time of short commands, beside Node that does nothing and Node that loads zod. */
export async function benchCommands(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  try {
    mkdirSync(join(folder, "environments"));
    for (const file of ["demo.ts", "demo.trust.json"])
      cpSync(join(packageRoot, "environments", file), join(folder, "environments", file));
    const env = { NATSFORM_CACHE: join(folder, "cache") };
    const node = (...args: string[]) => cpuOf(folder, env, process.execPath, ...args);
    const natsform = (...args: string[]) => node(join(packageRoot, "bin/natsform.js"), ...args);
    const zod = `require(${JSON.stringify(require.resolve("zod"))})`;
    // The first run of each compiles, and reads the environment anew.
    for (const args of [["--help"], ["check", "demo"], ["render", "demo"]]) natsform(...args);
    const cpu = cpuInTurns(rounds, {
      floor: () => node("-e", "0"),
      zod: () => node("-e", zod),
      help: () => natsform("--help"),
      check: () => natsform("check", "demo"),
      render: () => natsform("render", "demo"),
    });
    const needs = cpu.zod - cpu.floor;
    const line = (title: string, ms: number, beyond = 0) => {
      const ratio = ((ms - beyond) / cpu.floor).toFixed(1);
      return `  ${title.padEnd(46)}${ms.toFixed(0).padStart(5)} ms  ${ratio} x floor${beyond ? ", beyond what zod needs" : ""}\n`;
    };
    process.stdout.write(`commands: CPU time, median of ${rounds} rounds in turns
  ${"floor: node -e 0".padEnd(46)}${cpu.floor.toFixed(0).padStart(5)} ms
  ${"what zod needs: node that loads it, beyond that".padEnd(46)}${needs.toFixed(0).padStart(4)} ms
${line("natsform --help", cpu.help)}${line("natsform check demo", cpu.check, needs)}${line("natsform render demo", cpu.render, needs)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
