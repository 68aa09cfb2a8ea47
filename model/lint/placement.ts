import { nearest } from "../config/known-keys";
import { platformModel, type ServerTopology } from "../topology";
import { type EnvironmentRule, pathText, streamViews } from "./context";

/** Which servers may hold a stream: placement tags, and the tag that no two replicas may share. */

const tagsOf = (servers: readonly ServerTopology[]) => [...new Set(servers.flatMap(({ tags }) => tags))].sort();

const tooFew: EnvironmentRule = {
  id: "placement-impossible",
  severity: "error",
  impossible: true,
  title: "Fewer servers carry a stream's placement tags than it has replicas",
  reason: "nats-server refuses to create the stream: no suitable peers for placement.",
  fix: "tag more servers, or ask for fewer replicas",
  check: (context) =>
    streamViews(context).flatMap(({ stream, cluster, candidates, at }) => {
      const { name, placementTags, replicas } = stream;
      if (candidates.length >= replicas) return [];
      const carried = tagsOf(cluster.servers);
      const unknown = placementTags.find((tag) => !carried.includes(tag));
      const near = unknown && nearest(unknown, carried);
      return [
        {
          at: at("placementTags"),
          message: `${name} is R${replicas}; ${candidates.length} servers of ${cluster.name} carry ${placementTags.join(" and ")}`,
          fix: near ? `did you mean "${near}"?` : undefined,
        },
      ];
    }),
};

const anywhere: EnvironmentRule = {
  id: "territory-unplaced",
  severity: "warning",
  title: "A single copy may land on any host although hosts are tagged",
  reason:
    "Without placement tags JetStream puts an R1 stream wherever there is room: data that belongs to one territory may be kept in another.",
  fix: "give the stream placementTags",
  check: (context) =>
    streamViews(context)
      .filter(
        ({ stream, cluster }) =>
          platformModel(cluster.platform).machines(cluster.platform).length > 0 &&
          stream.replicas === 1 &&
          stream.placementTags.length === 0 &&
          new Set(cluster.servers.map(({ tags }) => [...tags].sort().join())).size > 1,
      )
      .map(({ stream, cluster, at }) => ({
        at: at("placementTags"),
        message: `${stream.name} is R1 and may land on any of ${tagsOf(cluster.servers).join(", ")}`,
      })),
};

const territoryKeys = ["territory:", "country:", "region:"];

const spansTerritories: EnvironmentRule = {
  id: "stream-spans-territories",
  severity: "warning",
  title: "The replicas of a stream stand in different territories",
  reason:
    "Each acknowledgement waits for a majority over the distance between them, elections (4 to 9 seconds) count on heartbeats that cross it, and the data leaves its territory. Leaf nodes with a JetStream domain for each place are NATS's answer to distance.",
  fix: "place it in one territory with placementTags, or acknowledge it with the round-trip time that was measured",
  check: (context) =>
    streamViews(context).flatMap(({ stream, candidates, at }) => {
      const keys = territoryKeys.filter(
        (key) => new Set(candidates.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith(key)))).size > 1,
      );
      const tags = tagsOf(candidates).filter((tag) => keys.some((key) => tag.startsWith(key)));
      return stream.replicas > 1 && keys.length > 0
        ? [{ at: at("placementTags"), message: `${stream.name} is R${stream.replicas} over ${tags.join(", ")}` }]
        : [];
    }),
};

/** The value of the server's unique tag; servers without one are never chosen. */
const uniqueValue = ({ tags }: ServerTopology, key: string) => tags.find((tag) => tag.startsWith(key));

const uniqueTagImpossible: EnvironmentRule = {
  id: "unique-tag-impossible",
  severity: "error",
  impossible: true,
  title: "A stream has more replicas than its unique tag has values",
  reason:
    "JetStream never puts two replicas on servers that share a value of jetstream.unique_tag, nor any on a server without one: it refuses to create the stream.",
  fix: "tag the servers, ask for fewer replicas, or remove uniqueTag",
  check: (context) =>
    streamViews(context).flatMap(({ stream, cluster, candidates, at }) => {
      const key = cluster.jetstream?.uniqueTag;
      // Naming the tag in the placement switches uniqueness off.
      if (key === undefined || stream.placementTags.some((tag) => tag.startsWith(key))) return [];
      const values = new Set(candidates.map((server) => uniqueValue(server, key)).filter(Boolean));
      return values.size >= stream.replicas || candidates.length < stream.replicas
        ? []
        : [
            {
              at: at("replicas"),
              message: `${stream.name} is R${stream.replicas}; its servers have ${values.size} different tags ${key}`,
            },
          ];
    }),
};

const uniqueTagPartial: EnvironmentRule = {
  id: "unique-tag-partial",
  severity: "warning",
  title: "Some servers do not carry the unique tag",
  reason: "JetStream puts nothing on a server without the tag of jetstream.unique_tag: its disk is paid for and empty.",
  fix: "tag every server, or remove uniqueTag",
  check: ({ topology }) =>
    topology.clusters.flatMap(({ name, jetstream, servers }) => {
      const key = jetstream?.uniqueTag;
      const without = key === undefined ? [] : servers.filter((server) => !uniqueValue(server, key));
      return without.length === 0
        ? []
        : [
            {
              at: pathText("clusters", name, "jetstream", "uniqueTag"),
              message: `no tag ${key} on ${without.map((server) => server.name).join(", ")}`,
            },
          ];
    }),
};

export const placementRules: readonly EnvironmentRule[] = [
  tooFew,
  anywhere,
  spansTerritories,
  uniqueTagImpossible,
  uniqueTagPartial,
];
