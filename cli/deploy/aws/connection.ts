import type { EcsCluster } from "../../../model/topology";
import { NatsClient } from "../../../runtime/client";
import { errorMessage } from "../../../runtime/common/error-message";
import { deployedAddresses } from "../../../templates/connection";
import { known, sysOf, type Within } from "../ask-cluster";
import { authenticationOf } from "../logins";
import type { DeployTarget } from "../target";

/** Connections to the servers of a cluster on ECS, by the name that its clients use. */
export function withinEcs(target: DeployTarget, cluster: EcsCluster): Within {
  return async (use) => {
    const clients: NatsClient[] = [];
    try {
      return await use(async (user, inboxPrefix) => {
        const client = new NatsClient({
          servers: deployedAddresses(cluster).servers,
          authentication: await authenticationOf(target, cluster.name, user),
          caFile: process.env.NATS_CA_FILE,
          inboxPrefix,
          name: "natsform deploy",
          connectTimeoutMs: 10_000,
        });
        clients.push(client);
        return client;
      });
    } finally {
      await Promise.allSettled(clients.map((client) => client.close()));
    }
  };
}

/** Why servers cannot be asked from here; undefined where they answer. */
export async function notReached(within: Within): Promise<string | undefined> {
  try {
    const answered = await known(() => within(async (connect) => Boolean(await sysOf(connect))));
    return answered ? undefined : "they do not know natsform's own login yet";
  } catch (error) {
    return errorMessage(error);
  }
}
