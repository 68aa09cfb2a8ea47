import { projectRoot } from "../../core/environments";
import type { Host } from "../../core/host";
import { withLock } from "../../core/lock";
import type { VerifyRow } from "../../core/rows";
import { requireNatsServer } from "../../core/toolbox/missing";
import { importedTrustOf, loadTwinTrust, openTwin } from "../context";
import { verifyBacklogs } from "./backlog";
import { verifyCallout } from "./callout";
import { verifyCertificates } from "./certificates";
import { verifyFleet } from "./fleet";
import { verifyHttpGateways } from "./http-gateway";
import { verifyImported } from "./imported";
import { verifyServers } from "./servers";
import { verifyStreams } from "./streams";

export interface Verified {
  environment: string;
  /** True when every row holds. */
  ok: boolean;
  rows: VerifyRow[];
}

export interface VerifyProps {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
}

/**
 * Checks that the twin of an environment is what the environment says, and reports each row as it is known.
 *
 * @throws UserError when the twin does not run, or its server is not on this machine
 */
export async function verifyTwin(name: string, { root = projectRoot() }: VerifyProps, host: Host): Promise<Verified> {
  const twin = await openTwin(name, root);
  const trust = loadTwinTrust(twin, root);
  const natsServer = requireNatsServer(twin.topology.nats.version);
  return withLock(twin.folder.lock, async () => {
    const rows: VerifyRow[] = [];
    const parts = [
      () => verifyServers(twin, trust, natsServer),
      () => verifyImported(trust, importedTrustOf(twin, root)),
      () => verifyCertificates(twin),
      () => verifyStreams(twin, trust),
      () => verifyCallout(twin, trust),
      () => verifyHttpGateways(twin, trust),
      () => verifyFleet(twin, trust),
      () => verifyBacklogs(twin),
    ];
    for (const part of parts) {
      const found = await part();
      for (const row of found) host.report({ code: "row", row });
      rows.push(...found);
    }
    return { environment: name, ok: rows.every(({ ok }) => ok), rows };
  });
}
