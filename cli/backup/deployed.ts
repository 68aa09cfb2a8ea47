import { isOnKubernetes, type KubernetesCluster, kubernetesNames } from "../../model/topology";
import type { Command } from "../../runtime/backup/settings";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import type { Kubectl } from "../core/kubectl";
import { kubernetesAccess } from "../core/kubernetes-access";
import { UserError } from "../core/project";
import type { OneBackupProps } from "./commands";
import { CronJob, jobOf } from "./job";
import { type Line, parseLine, toText } from "./log-lines";
import { type JobRun, runJob } from "./run-job";
import type { RestoreOptions } from "./twin";

export type DeployedProps = OneBackupProps & RestoreOptions;

/** The backups of one account of a cluster on Kubernetes. */
interface DeployedBackup {
  readonly environment: string;
  readonly cluster: KubernetesCluster;
  readonly account: string;
}

/**
 * The accounts of the deployed clusters that are backed up; or those that were named.
 *
 * @throws UserError when there is none
 */
async function deployedBackups(name: string, root: string, options: DeployedProps): Promise<DeployedBackup[]> {
  const { topology } = await openEnvironment(name, root);
  const found = topology.clusters
    .filter(isOnKubernetes)
    .filter(({ backup, name }) => backup && name === (options.cluster ?? name))
    .flatMap((cluster) =>
      topology.identity.accounts
        .filter(({ jetstream, name }) => jetstream && name === (options.account ?? name))
        .map((account) => ({ environment: topology.environment, cluster, account: account.name })),
    );
  if (found.length > 0) return found;
  throw new UserError(
    `${name} backs up no such account on Kubernetes`,
    "set backup of a cluster on Kubernetes, or correct --cluster and --account; for ECS see docs/runbooks/restore-a-backup.md",
  );
}

interface DeployedRun extends JobRun {
  readonly lines: readonly (Line | string)[];
}

/**
 * Runs a command where the backups are taken: in a Job made from the account's CronJob.
 *
 * @param variables of the program, besides those that the CronJob has
 * @throws UserError
 */
async function runDeployed(
  { environment, cluster, account }: DeployedBackup,
  command: Command,
  variables: Readonly<Record<string, string>>,
  onLine: (line: Line | string) => void,
): Promise<DeployedRun> {
  const { platform } = cluster;
  const callers = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { kubectl } = await kubernetesAccess(platform, Object.fromEntries(callers));
  const names = kubernetesNames(environment, cluster.name);
  if (command === "drill" && !cluster.backup?.drill)
    throw new UserError(`cluster ${cluster.name} has no drill`, "set backup.drill of the cluster, and deploy");
  const cronJob = command === "drill" ? names.drillOf(account) : names.backupOf(account);
  const job = jobOf(await readCronJob(kubectl, platform.namespace, cronJob), command, variables);
  const lines: (Line | string)[] = [];
  const run = await runJob(kubectl, platform.namespace, job, (text) => {
    const line = parseLine(text);
    lines.push(line);
    onLine(line);
  });
  return { ...run, lines };
}

async function readCronJob(kubectl: Kubectl, namespace: string, name: string): Promise<CronJob> {
  const { code, stdout, stderr } = await kubectl.run("--namespace", namespace, "get", "cronjob", name, "-o", "json");
  if (code === 0) return CronJob.parse(JSON.parse(stdout));
  const fix = stderr.includes("NotFound") ? "deploy the stack that ends with -backup" : undefined;
  throw new UserError(stderr.trim().split("\n")[0] || `there is no CronJob ${name}`, fix);
}

/** The program's variables for the options of a command. */
const variablesOf = ({ id, streams, apply, unencrypted }: DeployedProps): Record<string, string> => ({
  ...(id && { RESTORE_ID: id }),
  ...(streams && { RESTORE_STREAMS: streams.join(",") }),
  ...(apply && { RESTORE_APPLY: "yes" }),
  ...(unencrypted && { RESTORE_UNENCRYPTED: "yes" }),
});

/** One account of a deployed cluster, and the Job that ran there. */
export interface DeployedResult {
  cluster: string;
  account: string;
  job: string;
  succeeded: boolean;
  log: readonly (Line | string)[];
}

/**
 * Runs a command for one account after the other where the environment is deployed, in Jobs on Kubernetes.
 *
 * @throws UserError
 */
export async function runOnKubernetes(
  name: string,
  command: Command,
  props: DeployedProps,
  host: Host,
): Promise<DeployedResult[]> {
  if (props.to || props.key)
    throw new UserError(
      "--to and --key are for twins",
      "leave them out: a deployed program has its own target and keys",
    );
  if (props.replace)
    throw new UserError(
      "the backup user of a deployed cluster may not delete streams",
      "delete the stream yourself, then restore",
    );
  const say = notices(host);
  const results: DeployedResult[] = [];
  for (const one of await deployedBackups(name, props.root ?? projectRoot(), props)) {
    const { cluster, account } = one;
    say(`cluster ${cluster.name}, account ${account}`);
    const run = await runDeployed(one, command, variablesOf(props), (line) => {
      const text = toText(line);
      if (text !== undefined) say(text);
    });
    if (!run.succeeded) say(`  full log: kubectl --namespace ${cluster.platform.namespace} logs ${run.name}`);
    results.push({ cluster: cluster.name, account, job: run.name, succeeded: run.succeeded, log: run.lines });
  }
  return results;
}
