import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Programs of a process group that listen on a TCP port, by name; once for each port. Linux. */
export function listeningPrograms(group: number): string[] {
  const listening = new Set(
    readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, , , state, , , , , , inode]) => (state === "0A" ? [`socket:[${inode}]`] : [])),
  );
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && groupOf(pid) === group)
    .flatMap((pid) => socketsOf(pid).flatMap((socket) => (listening.has(socket) ? [programOf(pid)] : [])));
}

const orNothing = (read: () => string): string => {
  try {
    return read();
  } catch {
    // It has ended, or closed the file.
    return "";
  }
};
const groupOf = (pid: string) =>
  Number(
    orNothing(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
      .replace(/^.*\) /s, "")
      .split(" ")[2],
  );
const programOf = (pid: string) => basename(orNothing(() => readlinkSync(`/proc/${pid}/exe`)));
const socketsOf = (pid: string) =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
