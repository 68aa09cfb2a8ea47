import type { Trust } from "../../../model/config";
import { counted } from "../../core/counted";
import { runningProcess } from "../../core/processes";
import { checkRow, type VerifyRow } from "../../core/rows";
import type { Twin } from "../context";
import { serviceLogins } from "../logins";
import { localServices } from "../service-code";

/** Each service that runs here runs, and is logged in with its own key in its account. */
export async function verifyFleet(twin: Twin, trust: Trust): Promise<VerifyRow[]> {
  const services = localServices(twin.topology);
  if (services.length === 0) return [];
  const logins = await serviceLogins(twin);
  return Promise.all(
    services.map(({ cluster, service: { name } }) =>
      checkRow("services", `${name}: runs, and is logged in`, async () => {
        if (!runningProcess(twin.folder.program(name))) return { ok: false, seen: "it does not run" };
        const wanted = twin.topology.identity.services[name]?.account ?? "";
        const own = (logins.get(name) ?? []).filter(({ server }) =>
          cluster.servers.some(({ name }) => name === server),
        );
        const strange = own.find(({ account }) => account !== (trust.accounts[wanted]?.publicKey ?? wanted));
        if (strange) return { ok: false, seen: `it is in account ${strange.account}` };
        const servers = [...new Set(own.map(({ server }) => server))].join(", ");
        if (own.length === 0) return { ok: false, seen: `no server of ${cluster.name} knows it` };
        return { ok: true, seen: `${counted(own.length, "connection")} on ${servers}, account ${wanted}` };
      }),
    ),
  );
}
