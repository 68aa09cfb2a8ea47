/** nats-server before 2.15 writes the stream's own files and reads nothing else; later ones write archives, and read both. */
export function writesArchives(serverVersion: string | undefined): boolean {
  const [major = 0, minor = 0] = (serverVersion ?? "").split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 15);
}

/** Reason why servers of one version cannot read the snapshots of another; undefined when they can. */
export function unreadable(backup: { readonly serverVersion: string }, by: string | undefined): string | undefined {
  if (by === undefined || writesArchives(by) || !writesArchives(backup.serverVersion)) return undefined;
  return `the backup was taken of nats-server ${backup.serverVersion}, whose snapshots ${by} cannot read: use 2.15.0 or later`;
}
