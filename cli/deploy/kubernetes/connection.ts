import { connect } from "node:net";
import { ports } from "../../../model/topology";
import { NatsClient } from "../../../runtime/client";
import { authorityKey } from "../../../templates/helm-values";
import { UserError } from "../../core/project";
import { authenticationOf, type Connect } from "../logins";
import type { DeployTarget } from "../target";
import { secretData } from "./certificate-secrets";
import { clusterAccess } from "./cluster";

/** What leads to the servers: one of them, or whichever the Service chooses. */
type Through = `pod/${string}` | `service/${string}`;

/** An address that leads to the servers' client port until `end` is called. */
interface Tunnel {
  host: string;
  port: number;
  end(): Promise<void>;
}

/**
 * Connects to the servers while `use` runs. TLS is verified as by clients in the Kubernetes cluster: against the
 * internal authority, for the Service's name, through any tunnel.
 *
 * @param through the Service, where no server is named
 */
export async function withServers<T>(
  target: DeployTarget,
  name: string,
  use: (connect: Connect) => Promise<T>,
  through?: Through,
): Promise<T> {
  const { cluster, namespace, names } = clusterAccess(target, name);
  const { [authorityKey("internal")]: ca = "" } = await secretData(target, name, names.certificates.authorities);
  if (ca === "") throw new UserError(`the Secret ${names.certificates.authorities} holds no internal authority`);
  const tunnel = await openTunnel(target, name, through ?? `service/${names.release}`);
  const clients: NatsClient[] = [];
  try {
    return await use(async (user, inboxPrefix) => {
      const client = new NatsClient({
        servers: `tls://${tunnel.host}:${tunnel.port}`,
        authentication: await authenticationOf(target, name, user),
        ca,
        tlsServername: `${cluster.name}.${namespace}.svc.${cluster.platform.clusterDomain}`,
        inboxPrefix,
        name: "natsform deploy",
        connectTimeoutMs: 15_000,
      });
      clients.push(client);
      return client;
    });
  } finally {
    await Promise.allSettled(clients.map((client) => client.close()));
    await tunnel.end();
  }
}

const dialMs = 3000;

/** A port-forward; for callers who may not open one, the address itself, as programs in the cluster use it. */
async function openTunnel(target: DeployTarget, name: string, through: Through): Promise<Tunnel> {
  const { namespace, kubectl, inside } = clusterAccess(target, name);
  let refused: unknown;
  try {
    const forwarded = await kubectl.forward(namespace, through, ports.client);
    // kubectl opens the port before it knows whether a server answers.
    if (await answers("127.0.0.1", forwarded.port)) return { host: "127.0.0.1", ...forwarded };
    refused = new UserError(`port-forward to ${through}: ${forwarded.stderrText() || "nothing answers"}`);
    await forwarded.end();
  } catch (error) {
    refused = error;
  }
  const address = through.startsWith("pod/") ? ".status.podIP" : ".spec.clusterIP";
  const host = await kubectl.text(...inside, "get", through, "--output", `jsonpath={${address}}`);
  if (await answers(host, ports.client)) return { host, port: ports.client, end: async () => undefined };
  throw refused;
}

/** True when a server sends its INFO line, as every nats-server does to a new client. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: dialMs });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", () => end(true));
    for (const event of ["error", "timeout", "close"]) socket.once(event, () => end(false));
  });
}
