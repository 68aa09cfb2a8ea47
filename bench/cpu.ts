import { execFileSync } from "node:child_process";
import { median } from "./statistics";

/**
 * CPU time that a command and everything it starts and waits for takes, in milliseconds: user and system, as the shell
 * counts them. Its output is thrown away.
 *
 * @throws with its output when it fails
 */
export function cpuOf(cwd: string, env: Record<string, string>, ...command: string[]): number {
  // Not every sh counts in milliseconds.
  const script = `"$@" >/dev/null || exit; times`;
  const text = execFileSync("bash", ["-c", script, "bash", ...command], {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  // The second line is that of the children: `0m0.052s 0m0.011s`.
  const times = [...(text.trim().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}

/** Medians of several commands that take turns, so that a busy moment of the machine meets all of them. */
export function cpuInTurns<Name extends string>(
  rounds: number,
  commands: Readonly<Record<Name, () => number>>,
): Record<Name, number> {
  const names = Object.keys(commands) as Name[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) for (const name of names) seen[name].push(commands[name]());
  return Object.fromEntries(names.map((name) => [name, median(seen[name])])) as Record<Name, number>;
}
