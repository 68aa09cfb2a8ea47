import type { Aws } from "./aws";
import type { DnsSyncEnv } from "./env";
import { allPages, batches } from "./pages";
import { formRefusal, listedRecord, ownershipRefusal, type Refusal, recordChange } from "./record";
import { addressOf, healthyTasks, interfaceIds } from "./tasks";

/** Result of an invocation. */
export interface Outcome {
  /** Addresses of the healthy servers, sorted. */
  healthy: string[];
  /** `kept`: no server is healthy, and the last addresses stay. */
  record: "changed" | "unchanged" | "kept" | "deleted" | "refused";
  refusal?: Refusal;
  /** Addresses that the record listed before and, where it was changed, lists now. */
  before?: readonly string[];
  after?: readonly string[];
  /** ARNs of healthy tasks that have no address of the kind asked for. */
  withoutAddress: string[];
}

/**
 * Makes the client record list the addresses of the healthy servers.
 *
 * Only AWS's current state decides, never the event that started the run: events come twice, late, in any order or not
 * at all.
 *
 * @throws the error of a request; the record is then as it was, unless the answer to the change itself was lost
 */
export async function reconcile(aws: Aws, env: DnsSyncEnv): Promise<Outcome> {
  const servers = await healthyServers(aws, env);
  const owned = await aws.listRecordSets(env.OWNERSHIP_RECORD_NAME, "TXT");
  // Read last, right before it is written: what changed meanwhile is not overwritten from memory.
  const found = await aws.listRecordSets(env.RECORD_NAME, "A");
  const refusal =
    ownershipRefusal(owned, { name: env.OWNERSHIP_RECORD_NAME, owner: env.OWNER }) ??
    formRefusal(found, env.RECORD_NAME);
  if (refusal) return { ...servers, record: "refused", refusal };

  const listed = listedRecord(found, env.RECORD_NAME);
  const change = recordChange(servers.healthy, listed, { ttlSeconds: env.TTL_SECONDS, whenEmpty: env.WHEN_EMPTY });
  const before = listed?.addresses;
  if (!change) return { ...servers, record: servers.healthy.length > 0 ? "unchanged" : "kept", before };
  await aws.changeRecord(env.RECORD_NAME, change);
  if (change.action === "DELETE") return { ...servers, record: "deleted", before, after: [] };
  return { ...servers, record: "changed", before, after: change.addresses };
}

async function healthyServers(aws: Aws, env: DnsSyncEnv): Promise<Pick<Outcome, "healthy" | "withoutAddress">> {
  const arns = new Set<string>();
  for (const service of env.ECS_SERVICES)
    for (const arn of await allPages((next) => aws.listTasks(service, next))) arns.add(arn);
  const tasks = [];
  for (const batch of batches([...arns], 100))
    tasks.push(...healthyTasks(await aws.describeTasks(batch), env.ECS_SERVICES));

  const addresses = new Map<string, string>();
  for (const batch of batches(tasks.flatMap(interfaceIds), 200))
    for (const found of await allPages((next) => aws.describeInterfaces(batch, next))) {
      const address = addressOf(found, env.ADDRESSES);
      if (found.NetworkInterfaceId && address) addresses.set(found.NetworkInterfaceId, address);
    }
  return {
    healthy: [...new Set(addresses.values())].sort(),
    withoutAddress: tasks
      .filter((task) => !interfaceIds(task).some((id) => addresses.has(id)))
      .map(({ taskArn = "" }) => taskArn),
  };
}
