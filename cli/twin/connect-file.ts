import { writeFileAtomically } from "../../artifacts/files";
import { runningProcess } from "../core/processes";
import { allServers, type Twin } from "./context";
import { loopback } from "./ports";

/** Content of `.natsform/ENV/connect.json`: addresses of the twin for programs and scripts. */
export interface ConnectFile {
  servers: { name: string; cluster: string; client: string; websocket?: string; monitoring: string; pid?: number }[];
  caFile: string;
}

export function writeConnectFile(twin: Twin): ConnectFile {
  const { folder, ports, topology } = twin;
  const content: ConnectFile = {
    servers: allServers(topology).map(({ cluster, server }) => {
      const own = ports.servers[server.name] ?? {};
      return {
        name: server.name,
        cluster: cluster.name,
        client: `tls://${loopback}:${own.client}`,
        ...(own.websocket ? { websocket: `wss://${loopback}:${own.websocket}` } : {}),
        monitoring: `http://${loopback}:${own.monitoring}`,
        pid: runningProcess(folder.server(server.name))?.pid,
      };
    }),
    caFile: folder.caBundle,
  };
  writeFileAtomically(folder.connect, `${JSON.stringify(content, null, 2)}\n`);
  return content;
}
