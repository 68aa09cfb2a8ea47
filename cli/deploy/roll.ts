import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../../artifacts/files";
import { workFolder } from "../../artifacts/work-folder";
import { type ClusterTopology, isOnEcs, isOnKubernetes } from "../../model/topology";
import { emulatorFolder } from "../core/emulator-folder";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import type { Host } from "../core/host";
import { withLock } from "../core/lock";
import { readOwn } from "../core/own-file";
import { UserError } from "../core/project";
import { confirmed, runStep } from "../core/steps";
import { keyLocation } from "../keys/location";
import { restartAll } from "./aws/restarts";
import { drivers } from "./drivers";
import { askForRestarts, carryOutRestarts } from "./kubernetes/restarts";
import { type DeployTarget, stacksOf } from "./target";
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
 * Restarts every server of the deployed clusters with the configuration that it has, one after another, while everything is used.
 * A roll that was killed is gone on with by the next one.
 *
 * @throws UserError when others could not do without a server, or it does not come back: the roll stops there
 */
export async function rollDeployed(
  name: string,
  { root: given, store: url, allowDataLoss, bytesPerSecond }: RollDeployedOptions,
  host: Host,
): Promise<RolledDeployment> {
  const { root, environment, topology } = await openEnvironment(name, given ?? projectRoot());
  const clusters = topology.clusters.filter(isRolled);
  if (clusters.length === 0)
    throw new UserError(
      `${name} has no cluster on Kubernetes or ECS`,
      `natsform roll ${name} restarts the servers of its twin`,
    );
  const { store, lock } = keyLocation(root, name, { store: url });
  return withLock(emulatorFolder(root, name).lock, () =>
    withLock(lock, async () => {
      const target = {
        ...(await realTarget({ root, environment, topology }, store)),
        allowed: { dataLoss: allowDataLoss },
      };
      for (const text of await drivers.describeTarget(target, stacksOf(target))) host.report({ code: "notice", text });
      const named = clusters.map((cluster) => cluster.name).join(", ");
      await confirmed(host, `Restart every server of ${named}, one after another?`);
      return { environment: name, servers: await rollClusters(target, { bytesPerSecond }, host) };
    }),
  );
}

const isRolled = (cluster: ClusterTopology) => isOnKubernetes(cluster) || isOnEcs(cluster);

/** Restarts the servers of every cluster of a target. @returns those that this call has restarted */
export async function rollClusters(
  target: DeployTarget,
  options: Pick<RollDeployedOptions, "bytesPerSecond">,
  host: Host,
): Promise<string[]> {
  const begun = beginRoll(target);
  const servers: string[] = [];
  for (const cluster of target.topology.clusters.filter(isRolled))
    await runStep(host, {
      title: `Servers of ${cluster.name}`,
      work: async (progress) => {
        const restarted: string[] = [];
        if (isOnEcs(cluster)) restarted.push(...(await restartAll(target, cluster, begun.since, options, progress)));
        if (isOnKubernetes(cluster)) {
          await askForRestarts(target, cluster.name, new Date());
          restarted.push(...(await carryOutRestarts(target, cluster.name, options, progress)));
        }
        servers.push(...restarted);
        return restarted.length > 0 ? `${restarted.join(", ")} restarted` : "nothing to restart";
      },
    });
  begun.end();
  return servers;
}

const Begun = z.object({ since: z.int() });

/**
 * When the roll began, also where an earlier call of this machine was killed. On ECS nothing else can say it: a mark on a service
 * would be a difference to Terraform. Kubernetes has it in the StatefulSet.
 */
function beginRoll({ root, environment, emulator }: DeployTarget): { since: number; end(): void } {
  const file = emulator ? join(emulator.folder.root, "roll.json") : workFolder(root).environment(environment.name).roll;
  const begun = readOwn(file, (text) => Begun.parse(JSON.parse(text)), "remove it: the next roll begins anew");
  const since = begun?.since ?? Date.now();
  writeFileAtomically(file, `${JSON.stringify({ since })}\n`);
  return { since, end: () => rmSync(file, { force: true }) };
}
