import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./twin-processes";

const claims = join(tmpdir(), "natsform-test-ports");
/** Below the blocks that `natsform up` takes by itself. */
const bases = Array.from({ length: 24 }, (_, i) => 2000 + 500 * i);
const own = new Set<number>();

/**
 * Where a twin's block of ports begins that no other test on this machine has, of this run or of another one: it is
 * written down, and belongs to this process until that has ended.
 */
export function claimPorts(): string {
  mkdirSync(claims, { recursive: true });
  for (const base of bases) {
    if (own.has(base) || !claimed(join(claims, String(base)))) continue;
    own.add(base);
    return String(base);
  }
  throw new Error(`every block of ports is claimed: see ${claims}`);
}

function claimed(path: string): boolean {
  const pid = String(process.pid);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, pid, { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readFileSync(path, "utf8");
    // A file of tests that ended before in the same process has stopped its twins.
    if (holder === pid) return true;
    if (isAlive(Number(holder))) return false;
    rmSync(path, { force: true });
  }
  return false;
}
