import { type ClusterTopology, platformModel } from "../topology";
import { type EnvironmentRule, pathText, quorum, streamViews } from "./context";

/** Checks the spread of servers over zones of failure, as far as it is known before they are deployed. */

/** Servers in each zone, the fullest first. `undefined` where only the operator knows. */
const zoneSizes = ({ platform, servers }: ClusterTopology): number[] | undefined =>
  platformModel(platform).zoneSizes(platform, servers.length);

/** True when the cluster is known to run in a single zone. A single machine is one, too. */
export const inOneZone = (cluster: ClusterTopology): boolean =>
  cluster.servers.length === 1 || zoneSizes(cluster)?.filter((size) => size > 0).length === 1;

const zoneQuorum: EnvironmentRule = {
  id: "zone-quorum",
  severity: "warning",
  title: "The loss of one zone takes the majority of a cluster",
  reason: "Without a majority JetStream elects no leader: streams neither accept nor deliver until the zone is back.",
  fix: "spread the servers over at least 3 zones",
  check: ({ topology }) =>
    topology.clusters.flatMap((cluster) => {
      const { name, servers, jetstream } = cluster;
      const [largest = 0] = zoneSizes(cluster) ?? [];
      const left = servers.length - largest;
      if (!jetstream || servers.length < 3 || largest === 0 || left >= quorum(servers.length)) return [];
      const at = pathText("clusters", name, "platform", "zones");
      return [
        {
          at,
          message: `losing the fullest zone leaves ${left} of ${servers.length} servers; ${quorum(servers.length)} are needed`,
        },
      ];
    }),
};

const uniqueTagMissing: EnvironmentRule = {
  id: "unique-tag-missing",
  severity: "warning",
  title: "Nothing keeps a stream's replicas in different zones",
  reason:
    "Placement looks at free space alone unless jetstream.unique_tag is set, so with more servers than replicas two may land in one zone, and its loss stops the stream.",
  fix: 'set jetstream.uniqueTag to "az:"',
  check: (context) =>
    streamViews(context).flatMap(({ stream, cluster, candidates, at }) => {
      const [largest = 0] = zoneSizes(cluster) ?? [];
      const together = Math.min(largest, stream.replicas);
      const safe =
        stream.replicas < 3 ||
        cluster.jetstream?.uniqueTag !== undefined ||
        // Every server holds a replica: there is nothing to choose.
        candidates.length <= stream.replicas ||
        stream.replicas - together >= quorum(stream.replicas);
      if (safe) return [];
      // natsform cannot know the zone of a pod, so there is no tag that could be unique.
      const fix = platformModel(cluster.platform).knowsZones ? undefined : "use as many servers as replicas";
      const message = `${stream.name}: ${together} of ${stream.replicas} replicas may land in one zone`;
      return [{ at: at("replicas"), message, fix }];
    }),
};

export const zoneRules: readonly EnvironmentRule[] = [zoneQuorum, uniqueTagMissing];
