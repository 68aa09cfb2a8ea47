import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../bin/built";
import { startBareServers } from "./bare-servers";
import { natsform } from "./natsform";
import { median, spread } from "./statistics";

const rounds = 5;

/** From nothing to a verified demo, beside three bare servers reaching their quorum. */
export async function benchTwin(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  const floor: number[] = [];
  const up: number[] = [];
  const verified: number[] = [];
  const again: number[] = [];
  try {
    mkdirSync(join(folder, "environments"));
    cpSync(join(packageRoot, "environments/demo.ts"), join(folder, "environments/demo.ts"));
    const timed = (...args: string[]) => {
      const started = performance.now();
      natsform(folder, ...args);
      return performance.now() - started;
    };
    for (let round = 0; round < rounds; round++) {
      const bare = await startBareServers(join(folder, `bare-${round}`), 3);
      await bare.stop();
      floor.push(bare.ms);
      const upMs = timed("up", "demo");
      up.push(upMs);
      verified.push(upMs + timed("verify", "demo"));
      again.push(timed("up", "demo"));
      natsform(folder, "down", "--wipe", "--now");
    }
  } finally {
    // A round that failed half-way left its twin running.
    natsform(folder, "down", "--wipe", "--now");
    rmSync(folder, { recursive: true, force: true });
  }
  const ratio = (values: number[]) => (median(values) / median(floor)).toFixed(1);
  process.stdout.write(`twin: environment demo, median of ${rounds} rounds (fastest to slowest)
  floor: three bare servers to a meta leader      ${spread(floor)}
  natsform up, from an empty folder               ${spread(up)}  ${ratio(up)} x floor
  up and verify: a verified cluster               ${spread(verified)}  ${ratio(verified)} x floor
  up again, nothing to do                         ${spread(again)}  ${ratio(again)} x floor
`);
}
