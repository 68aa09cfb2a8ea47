import type { ChangeReason } from "../../model/change";
import { differences } from "../../model/change";
import { type ClusterTopology, isOnKubernetes } from "../../model/topology";
import { type ConfObject, type ConfValue, isBlock } from "../nats-conf";

type Values = Record<string, unknown>;

/** Blocks of `config` whose `merge` goes into a block of the configuration; `config.merge` itself goes into its top. */
const blocks: Readonly<Record<string, readonly string[]>> = {
  "": [],
  cluster: ["cluster"],
  jetstream: ["jetstream"],
  leafnodes: ["leafnodes"],
  websocket: ["websocket"],
  resolver: ["resolver"],
  gateway: ["gateway"],
  mqtt: ["mqtt"],
};

const asBlock = (value: unknown): Values =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};

const chartValues = (cluster: ClusterTopology): Values =>
  isOnKubernetes(cluster) ? cluster.platform.chart.values : {};

/** The configuration with what the chart's values merge into it. */
export function withChartValues(conf: ConfObject, cluster: ClusterTopology): ConfObject {
  const config = asBlock(chartValues(cluster).config);
  return Object.entries(blocks).reduce((merged, [name, path]) => {
    const { merge } = name === "" ? config : asBlock(config[name]);
    return merge === undefined ? merged : over(merged, nested(path, merge as ConfValue));
  }, conf);
}

const nested = (path: readonly string[], value: ConfValue): ConfObject =>
  path.reduceRight<ConfValue>((inner, key) => ({ [key]: inner }), value) as ConfObject;

/** As the chart merges: blocks key by key, everything else as a whole; `null` takes a key out. */
function over(conf: ConfObject, more: ConfObject): ConfObject {
  const result: Record<string, ConfValue | undefined> = { ...conf };
  for (const [key, value] of Object.entries(more)) {
    const below = result[key];
    if (value === null) delete result[key];
    else result[key] = isBlock(below) && isBlock(value) ? over(below, value) : value;
  }
  return result;
}

/** Values outside of the configuration that no pod of a server is made of. */
const around = [
  ...["service", "headlessService", "configMap", "podDisruptionBudget", "serviceAccount", "natsBox", "extraResources"],
];

/** Causes in values of the chart that are not merged into the configuration: they make other pods. */
export function chartReasons(old: ClusterTopology, cluster: ClusterTopology): ChangeReason[] {
  const [before, after] = [chartValues(old), chartValues(cluster)];
  const at = (key: string) => `platform.chart.values.${key}`;
  const outside = differences(before, after).filter((key) => key !== "config" && !around.includes(key));
  const [from, to] = [unmerged(before.config), unmerged(after.config)];
  return [
    ...outside.map((key): ChangeReason => ({ at: at(key), effect: "restart" })),
    ...differences(from, to).map(
      (key): ChangeReason => ({ at: at(`config.${key}`), effect: "restart", unknown: true }),
    ),
  ];
}

/** Values of the chart that changed, and of which servers have nothing. */
export const chartAround = (old: ClusterTopology, cluster: ClusterTopology): string[] =>
  differences(chartValues(old), chartValues(cluster)).filter((key) => around.includes(key));

/** `config` without the merges that are compared as configuration, by dotted names. */
function unmerged(config: unknown): Values {
  const entries = Object.entries(asBlock(config)).flatMap(([name, value]) => {
    if (name === "merge") return [];
    if (!(name in blocks)) return [[name, value] as const];
    const { merge: _, ...rest } = asBlock(value);
    return Object.entries(rest).map(([key, inner]) => [`${name}.${key}`, inner] as const);
  });
  return Object.fromEntries(entries);
}
