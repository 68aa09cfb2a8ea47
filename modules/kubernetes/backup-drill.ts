import type { Construct } from "constructs";
import { ports, serverImage } from "../../model/topology";
import { drillEnvironment } from "../../templates/backup-environment";
import { diskLimitMiB } from "../../templates/helm-values";
import {
  type AccountBackup,
  backupContainer,
  backupJob,
  backupKeys,
  backupScope,
  storage,
  storedSite,
} from "./backup-job";
import { keysMount } from "./connection";
import { environment, resources, restrictedContainer } from "./pod";

const scratch = { name: "scratch", mountPath: "/scratch" };
const pidFile = `${scratch.mountPath}/nats.pid`;

/**
 * Tests the last backup of an account in a pod that has all it needs: a nats-server of its own, which no other client
 * reaches and which ends with the pod. The pod has no credentials for NATS, so it cannot reach servers with data by
 * mistake.
 */
export function addDrill(scope: Construct, one: AccountBackup, schedule: string): void {
  const { context, backup, account } = one;
  const fileBytes = context.cluster.jetstream?.fileBytes;
  if (fileBytes === undefined) return;
  const mounts = backup.encrypt ? [keysMount(context, backupKeys(backup))] : [];
  const { volume, volumeMount } = storage(one, mounts, true);
  // A server keeps the snapshot that it is sent until it has unpacked it.
  const roomMiB = Math.ceil((2 * fileBytes) / 2 ** 20);
  backupJob(scope, `${account}-drill`, one, {
    name: context.names.drillOf(account),
    schedule,
    component: "drill",
    // What differs once differs again.
    retries: 0,
    pod: {
      // The program ends the server when it is done: the provider knows no sidecars, and a Job waits for every container.
      shareProcessNamespace: true,
      volume: [...volume, { name: scratch.name, emptyDir: { sizeLimit: `${roomMiB}Mi` } }],
      container: [
        {
          ...backupContainer(one, variablesOf(one), [...volumeMount, { ...scratch, readOnly: true }]),
          args: ["drill"],
        },
        scratchServer(one, roomMiB),
      ],
    },
  });
}

const variablesOf = (one: AccountBackup) =>
  drillEnvironment(backupScope(one), { ...storedSite, server: `nats://127.0.0.1:${ports.client}`, pidFile }).variables;

function scratchServer({ context }: AccountBackup, roomMiB: number) {
  const { topology, cluster } = context;
  const { requests, limits } = resources(context, "100m", "512Mi");
  // The scratch volume counts as well, beside the logs.
  const disk = cluster.platform.ephemeralStorage && { "ephemeral-storage": `${roomMiB + diskLimitMiB}Mi` };
  return {
    name: "nats",
    image: serverImage(topology.nats, cluster.platform),
    args: ["-a", "127.0.0.1", "-p", String(ports.client), "-js", "-sd", scratch.mountPath, "-P", pidFile],
    securityContext: restrictedContainer,
    resources: { requests, limits: { ...limits, ...disk } },
    env: environment({ GOMEMLIMIT: "400MiB" }),
    volumeMount: [scratch],
  };
}
