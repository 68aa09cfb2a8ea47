import { isOnKubernetes } from "../../model/topology";
import { emulatorFolder } from "../core/emulator-folder";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import type { Host } from "../core/host";
import { withLock } from "../core/lock";
import { UserError } from "../core/project";
import { confirmed, runStep } from "../core/steps";
import { keyLocation } from "../keys/location";
import { kubernetesDriver } from "./kubernetes/driver";
import { askForRestarts, carryOutRestarts } from "./kubernetes/restarts";
import { stacksOf } from "./target";
import { realTarget } from "./targets";

export interface RollDeployedOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** URL of the store of the private keys. @default the folder of the environment in `.natsform/` */
  store?: string;
  /** Streams that may lose their only copy. */
  allowDataLoss?: readonly string[];
  /** Bytes a second that are read of each replica. @default 16 MiB */
  bytesPerSecond?: number;
}

export interface RolledDeployment {
  environment: string;
  /** Servers that this call has restarted, in their order. */
  servers: string[];
}

/**
 * Restarts every server of the deployed clusters on Kubernetes with the configuration that it has, one after another, while
 * everything is used. A roll that was killed is gone on with by the next one.
 *
 * @throws UserError when others could not do without a server, or it does not come back: the roll stops there
 */
export async function rollDeployed(
  name: string,
  { root: given, store: url, allowDataLoss, bytesPerSecond }: RollDeployedOptions,
  host: Host,
): Promise<RolledDeployment> {
  const { root, environment, topology } = await openEnvironment(name, given ?? projectRoot());
  const clusters = topology.clusters.filter(isOnKubernetes).map((cluster) => cluster.name);
  if (clusters.length === 0)
    throw new UserError(
      `${name} has no cluster on Kubernetes`,
      `natsform roll ${name} restarts the servers of its twin; on ECS a deployment replaces tasks one service after another`,
    );
  const { store, lock } = keyLocation(root, name, { store: url });
  return withLock(emulatorFolder(root, name).lock, () =>
    withLock(lock, async () => {
      const target = {
        ...(await realTarget({ root, environment, topology }, store)),
        allowed: { dataLoss: allowDataLoss },
      };
      const stacks = stacksOf(target).filter((stack) => stack.family === "kubernetes");
      for (const text of await kubernetesDriver.describeTarget(target, stacks)) host.report({ code: "notice", text });
      await confirmed(host, `Restart every server of ${clusters.join(", ")}, one after another?`);
      const servers: string[] = [];
      for (const cluster of clusters)
        await runStep(host, {
          title: `Servers of ${cluster}`,
          work: async (progress) => {
            await askForRestarts(target, cluster, new Date());
            servers.push(...(await carryOutRestarts(target, cluster, { bytesPerSecond }, progress)));
            return `${servers.join(", ")} restarted`;
          },
        });
      return { environment: name, servers };
    }),
  );
}
