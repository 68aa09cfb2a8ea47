import {
  holdsServers,
  isOnKubernetes,
  type PlannedStack,
  type StackRecord,
  stackRecord,
  type Topology,
} from "../../../model/topology";
import { isBegun, type StackState } from "./state";

/** A state whose stack is no longer in the environment. */
export interface Left {
  record: StackRecord;
  state: StackState;
  /** What is lost for good with it, in words; none where everything of it can be made again. */
  loses?: string;
}

/** What a state that no stack of the environment has may be. */
export type Found = Left | { foreign: true } | { unclear: string };

const layers = {
  aws: ["foundation", "certificates", "nats", "programs"],
  kubernetes: ["pki", "core", "auth", "streams", "backup"],
} as const;

/**
 * Judges a state that has none of the environment's stacks: its own record says whose it is. Without one, its name and
 * what it holds have to say the same.
 *
 * @param others names of the project's other environments
 */
export function judgeState(topology: Topology, state: StackState, others: readonly string[]): Found {
  const { environment } = topology;
  if (!isBegun(state)) return { foreign: true };
  const record = state.record ?? recordByName(topology, state, others);
  if (!record || "unclear" in record) return record ?? { foreign: true };
  if (record.environment !== environment) return { foreign: true };
  return { record, state, loses: lossOf(topology, record, state) };
}

/** Of a state that was applied before states had records. */
function recordByName(
  topology: Topology,
  { id, resources }: StackState,
  others: readonly string[],
): StackRecord | { unclear: string } | undefined {
  const { environment } = topology;
  const [, family, name = "", layer] = named(id, environment) ?? [];
  if (!family) return undefined;
  const owner = resources.map(({ attributes }) => tagsOf(attributes)["natsform:environment"]).find(Boolean);
  if (owner !== undefined && owner !== environment) return undefined;
  const rival = others.find((other) => other !== environment && id.startsWith(`${other}-`));
  if (owner === undefined && rival) return { unclear: `it may be a state of ${environment} or of ${rival}` };
  if (family === "aws") {
    const region = layer === "foundation" ? name : regionIn(resources);
    if (!region) return { unclear: "it does not say in which region it is" };
    const cluster = layer === "foundation" ? undefined : name;
    const stack = { family, layer, id, region, cluster, after: [], reads: [] } as unknown as PlannedStack;
    return { environment, stack, protected: false };
  }
  const cluster = topology.clusters.find((cluster) => cluster.name === name);
  if (!cluster || !isOnKubernetes(cluster))
    return {
      unclear: `it does not say which Kubernetes ${name} is on; put ${name} back, deploy, and take it out again`,
    };
  const stack = { family, layer, id, cluster: name, after: [], reads: [] } as unknown as PlannedStack;
  return stackRecord(topology, stack, false);
}

function named(id: string, environment: string) {
  for (const [family, own] of Object.entries(layers))
    for (const layer of own) {
      const [start, end] = [`${environment}-`, `-${layer}`];
      if (id.startsWith(start) && id.endsWith(end) && id.length > start.length + end.length)
        return [id, family as keyof typeof layers, id.slice(start.length, -end.length), layer] as const;
    }
  return undefined;
}

const tagsOf = ({ tags_all }: Record<string, unknown>) => (tags_all ?? {}) as Record<string, string | undefined>;

function regionIn(resources: StackState["resources"]): string | undefined {
  const arns = resources.flatMap(({ attributes: { arn } }) => (typeof arn === "string" ? [arn] : []));
  return arns.map((arn) => arn.split(":")[3]).find(Boolean);
}

/** Types of resources whose content nothing brings back. */
const data = /^(aws_efs_file_system|kubernetes_persistent_volume_claim(_v1)?)$/;

function lossOf(topology: Topology, { stack }: StackRecord, { resources, topology: served }: StackState) {
  const gone = !topology.clusters.some(({ name }) => name === stack.cluster);
  if (stack.cluster && gone && holdsServers(stack)) {
    const streams = served?.streams.map(({ name }) => name) ?? [];
    const named = streams.length > 0 ? ` (${streams.join(", ")})` : "";
    return `the servers of ${stack.cluster}, with the streams that they store${named}`;
  }
  const kept = resources.filter(({ type }) => data.test(type)).map(({ type, name }) => `${type}.${name}`);
  return kept.length > 0 ? `what is in ${kept.join(", ")}` : undefined;
}

/** Name that permits the loss of what left: its cluster, or its stack where it is of no cluster. */
export const lossName = ({ record: { stack } }: Left): string => stack.cluster ?? stack.id;

/**
 * Namespaces that would go with removed stacks while clusters of the environment are in them, as text lines: everything that is in a
 * namespace goes with it.
 *
 * @param removed states that are removed
 */
export function namespacesInUse({ clusters }: Topology, removed: readonly Pick<Left, "record" | "state">[]): string[] {
  return removed.flatMap(({ record: { platform }, state }) =>
    state.resources.flatMap(({ type, attributes }) => {
      if (!/^kubernetes_namespace(_v1)?$/.test(type)) return [];
      const [metadata] = [attributes.metadata ?? []].flat() as { name?: string }[];
      const users = clusters.filter(
        (cluster) =>
          isOnKubernetes(cluster) &&
          cluster.platform.namespace === metadata?.name &&
          cluster.platform.context === platform?.context,
      );
      return users.map(({ name }) => `${state.id}: the namespace ${metadata?.name} is that of ${name} as well`);
    }),
  );
}
