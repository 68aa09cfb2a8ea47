import { isOnKubernetes, type KubernetesCluster, kubernetesNames } from "../../model/topology";
import type { Command } from "../../runtime/backup/settings";
import { openEnvironment } from "../core/environment";
import type { Kubectl } from "../core/kubectl";
import { kubernetesAccess } from "../core/kubernetes-access";
import { print, printJson } from "../core/output";
import { UserError } from "../core/project";
import { CronJob, jobOf } from "./job";
import { type Line, parseLine, toText } from "./log-lines";
import { type JobRun, runJob } from "./run-job";
import type { BackupCommandOptions } from "./twin-commands";

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
async function deployedBackups(name: string, root: string, options: BackupCommandOptions): Promise<DeployedBackup[]> {
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
const variablesOf = ({ id, streams, apply, unencrypted }: BackupCommandOptions): Record<string, string> => ({
  ...(id && { RESTORE_ID: id }),
  ...(streams && { RESTORE_STREAMS: streams.join(",") }),
  ...(apply && { RESTORE_APPLY: "yes" }),
  ...(unencrypted && { RESTORE_UNENCRYPTED: "yes" }),
});

/**
 * Runs a command for one account after the other.
 *
 * @returns whether all of them succeeded
 * @throws UserError
 */
export async function runOnKubernetes(
  name: string,
  root: string,
  command: Command,
  options: BackupCommandOptions,
): Promise<boolean> {
  if (options.to || options.key)
    throw new UserError(
      "--to and --key are for twins",
      "leave them out: a deployed program has its own target and keys",
    );
  if (options.replace)
    throw new UserError(
      "the backup user of a deployed cluster may not delete streams",
      "delete the stream yourself, then restore",
    );
  const results: object[] = [];
  let ok = true;
  for (const one of await deployedBackups(name, root, options)) {
    if (!options.json) print(`cluster ${one.cluster.name}, account ${one.account}`);
    const {
      name: job,
      succeeded,
      lines,
    } = await runDeployed(one, command, variablesOf(options), (line) => {
      const text = toText(line);
      if (text !== undefined && !options.json) print(text);
    });
    if (!succeeded && !options.json)
      print(`  full log: kubectl --namespace ${one.cluster.platform.namespace} logs ${job}`);
    results.push({ cluster: one.cluster.name, account: one.account, job, succeeded, log: lines });
    ok &&= succeeded;
  }
  if (options.json) printJson(results);
  return ok;
}
