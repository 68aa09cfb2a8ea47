import { randomBytes } from "node:crypto";

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{6}$/;

/** Name of a backup's folder: `20261121T020000000Z-1f3c9a`. Names sort by time; two of one moment still differ. */
export function newBackupId(now: Date): string {
  const time = now.toISOString().replace(/[-:.]/g, "");
  return `${time}-${randomBytes(3).toString("hex")}`;
}

/** Start of a backup, in milliseconds since the epoch; undefined for a name that is not ours. */
export function backupTime(id: string): number | undefined {
  const found = ID.exec(id);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, ms] = found;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(time) ? undefined : time;
}
