import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./twin-processes";

/** Of the machine, not of the run: several runs share its ports. */
const claims = join(process.env.NATSFORM_TESTS_MACHINE ?? tmpdir(), "natsform-test-ports");
/** Browsers refuse to connect to these, whoever listens. */
const unsafeInBrowsers = [2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6697, 10_080];
const blockSize = 500;
const inBlock = (base: number, port: number) => port >= base && port < base + blockSize;
/** Below the blocks that `natsform up` takes by itself. */
const bases = Array.from({ length: 24 }, (_, i) => 2000 + blockSize * i).filter(
  (base) => !unsafeInBrowsers.some((port) => inBlock(base, port)),
);
/** Jest's workers begin at different ones: two that claim the same block, left by a run before, could both get it. */
const begin = 8 * (Number(process.env.JEST_WORKER_ID ?? 1) - 1);
const inTurn = bases.map((_, i) => bases[(begin + i) % bases.length] as number);
const own = new Set<number>();

/** Ports that somebody listens on, where the system tells; elsewhere `natsform up` still refuses a taken one. */
function listening(): number[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].filter(existsSync).flatMap((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === "0A")
      .map(([, local = ""]) => Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16)),
  );
}

/**
 * Where a twin's block of ports begins that no other test on this machine has, of this run or of another one: it is
 * written down, and belongs to this process until that has ended.
 */
export function claimPorts(): string {
  mkdirSync(claims, { recursive: true });
  const busy = listening();
  for (const base of inTurn.filter((base) => !busy.some((port) => inBlock(base, port)))) {
    if (own.has(base) || !claimed(join(claims, String(base)))) continue;
    own.add(base);
    return String(base);
  }
  throw new Error(`every block of ports is claimed or in use: see ${claims}`);
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
