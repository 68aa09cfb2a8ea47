import { projectRoot } from "../core/environments";
import { withLock } from "../core/lock";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import type { VerifyRow } from "../core/rows";
import { findNatsServer } from "../core/tools";
import { loadTwinTrust, openTwin } from "../twin/context";
import { verifyCallout } from "../twin/verify/callout";
import { verifyCertificates } from "../twin/verify/certificates";
import { verifyServers } from "../twin/verify/servers";
import { verifyStreams } from "../twin/verify/streams";

export async function verify(name: string, { json }: { json?: boolean }): Promise<void> {
  const rows = await rowsOf(name, json ? () => undefined : printRow);
  const failed = rows.filter(({ ok }) => !ok).length;
  if (json) printJson({ environment: name, ok: failed === 0, rows });
  else
    print(`\n${name}: ${rows.length - failed} of ${rows.length} rows proven${failed > 0 ? `, ${failed} FAILED` : ""}`);
  if (failed > 0) process.exitCode = 1;
}

async function rowsOf(name: string, show: (row: VerifyRow) => void): Promise<VerifyRow[]> {
  const root = projectRoot();
  const twin = await openTwin(name, root);
  const trust = loadTwinTrust(twin, root);
  const natsServer = findNatsServer(twin.topology.nats.version);
  if (!natsServer)
    throw new UserError(`nats-server ${twin.topology.nats.version} is not on this machine`, "make tools");
  return withLock(twin.folder.lock, async () => {
    const rows: VerifyRow[] = [];
    const steps = [
      () => verifyServers(twin, trust, natsServer),
      () => verifyCertificates(twin),
      () => verifyStreams(twin, trust),
      () => verifyCallout(twin, trust),
    ];
    for (const step of steps) {
      const found = await step();
      for (const row of found) show(row);
      rows.push(...found);
    }
    return rows;
  });
}

const printRow = ({ ok, group, what, seen }: VerifyRow) =>
  print(table([[ok ? "✔" : "✖", group.padEnd(12), what.padEnd(52), seen]]));
