import type { NatsConnection } from "@nats-io/transport-node";
import type { LiveCluster } from "../../model/review";
import { type ClusterTopology, isOnKubernetes } from "../../model/topology";
import { NatsClient } from "../../runtime/client";
import { errorMessage } from "../../runtime/common/error-message";
import { OBSERVER_INBOX, OBSERVER_USER } from "../../runtime/observer/contract";
import { deployedAddresses } from "../../templates/connection";
import { openEnvironment } from "../core/environment";
import { UserError } from "../core/project";
import { withServers } from "../deploy/kubernetes/connection";
import { authenticationOf } from "../deploy/logins";
import type { DeployTarget } from "../deploy/target";
import { realTarget } from "../deploy/targets";
import { keyLocation } from "../keys/location";
import { liveCluster, silentCluster } from "../review/live";
import { userClient } from "../twin/connect";
import { loadTwinTrust, openTwin } from "../twin/context";

/** Whose servers are asked: those of the twin on this machine, or the deployed ones. */
export const liveSources = ["twin", "deployment"] as const;
export type LiveSource = (typeof liveSources)[number];

/**
 * What the servers of every cluster say now. They are asked by the user that can change nothing.
 *
 * @param store URL of the store of the private keys. @default the folder of the environment in `.natsform/`
 * @throws UserError when there is no twin, no key, or deployed servers are not reached from here
 */
export const liveClusters: Record<LiveSource, (name: string, root: string, store?: string) => Promise<LiveCluster[]>> =
  {
    twin: async (name, root) => {
      const twin = await openTwin(name, root);
      const trust = loadTwinTrust(twin, root);
      return Promise.all(
        twin.topology.clusters.map(async (cluster) => {
          const client = await userClient(twin, cluster, OBSERVER_USER, {
            inboxPrefix: OBSERVER_INBOX,
            name: "natsform review",
          });
          return asking(
            client,
            (connection) => liveCluster(cluster, trust, connection),
            () => silentCluster(cluster),
          );
        }),
      );
    },
    deployment: async (name, root, store) => {
      const open = await openEnvironment(name, root);
      const keys = keyLocation(root, name, { store }).store;
      const target = await realTarget(open, keys);
      return Promise.all(
        open.topology.clusters.map((cluster) =>
          ofDeployment(target, cluster).catch((error: unknown) => {
            throw new UserError(
              `servers of ${cluster.name} do not answer from here: ${errorMessage(error)}`,
              "--live deployment runs where their clients run; without it the review says what the sources say",
            );
          }),
        ),
      );
    },
  };

async function ofDeployment(target: DeployTarget, cluster: ClusterTopology): Promise<LiveCluster> {
  const ask = (client: NatsClient) => asking(client, (connection) => liveCluster(cluster, target.trust, connection));
  if (isOnKubernetes(cluster))
    return withServers(target, cluster.name, async (connect) => ask(await connect(OBSERVER_USER, OBSERVER_INBOX)));
  return ask(
    new NatsClient({
      servers: deployedAddresses(cluster).servers,
      authentication: await authenticationOf(target, cluster.name, OBSERVER_USER),
      caFile: process.env.NATS_CA_FILE,
      inboxPrefix: OBSERVER_INBOX,
      name: "natsform review",
    }),
  );
}

/** @param silent what is known where nobody can log in; default: that is an error */
async function asking(
  client: NatsClient,
  ask: (connection: NatsConnection) => Promise<LiveCluster>,
  silent?: () => LiveCluster,
): Promise<LiveCluster> {
  try {
    let connection: NatsConnection;
    try {
      connection = await client.connection();
    } catch (error) {
      if (silent) return silent();
      throw error;
    }
    return await ask(connection);
  } finally {
    await client.close();
  }
}
