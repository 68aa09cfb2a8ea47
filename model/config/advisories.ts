import { compareVersions } from "./server-keys";

/** Lines of nats-server that this model can describe. */
export const supportedVersions = { oldest: "2.10.0", newest: "2.15.999" } as const;

/**
 * The oldest release of each line that the published advisories leave standing; a line that is not listed has none.
 * Source: advisories.nats.io, secnotes 2026-15 to 2026-28, and the unadvertised authorization fixes of 2.14.4.
 */
export const versionFloors: readonly { line: string; floor: string; why: string }[] = [
  {
    line: "2.14",
    floor: "2.14.4",
    why: "2.14.3 fixes secnotes 2026-20, 21 and 24 to 28 (a login that stops the server among them); 2.14.4 fixes queue denies on routes, PING before CONNECT and certificate users",
  },
  { line: "2.15", floor: "2.15.0", why: "carries every fix of 2.14.4" },
];

/** Reason not to deploy a server of this version; `undefined` when it may be deployed. */
export function versionRefusal(version: string): { floor: string; why: string } | undefined {
  const line = version.split(".").slice(0, 2).join(".");
  const entry = versionFloors.find((candidate) => candidate.line === line);
  if (!entry) {
    return { floor: "2.14.4", why: "no release of this line has the fixes of secnotes 2026-20 to 2026-28" };
  }
  return compareVersions(version, entry.floor) < 0 ? { floor: entry.floor, why: entry.why } : undefined;
}
