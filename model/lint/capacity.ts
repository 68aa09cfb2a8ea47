import type { ClusterTopology } from "../topology";
import { type EnvironmentRule, type LintContext, pathText, type StreamView, streamViews } from "./context";
import type { Hit } from "./rule";
import { bytes } from "./units";

/** Checks that what streams reserve fits into what servers have. JetStream counts `maxBytes` as used from the start. */

type Storage = "file" | "memory";

const reservation = ({ stream }: StreamView) => (stream.maxBytes ?? 0) * stream.replicas;
const sum = (views: readonly StreamView[]) => views.reduce((total, view) => total + reservation(view), 0);

const overcommitted = (storage: Storage) => (context: LintContext) =>
  context.topology.clusters.flatMap((cluster) => {
    const each = cluster.jetstream?.[storage === "file" ? "fileBytes" : "memoryBytes"];
    if (each === undefined) return [];
    const views = streamViews(context).filter(
      ({ stream }) => stream.cluster === cluster.name && stream.storage === storage,
    );
    const tooLarge = views
      // A store of zero bytes holds nothing, not even a stream that reserves nothing.
      .filter(({ stream }) => (stream.maxBytes ?? 0) > each || each === 0)
      .map(({ stream, at }) => ({
        at: at("maxBytes"),
        message: `${stream.name} reserves ${bytes(stream.maxBytes ?? 0)} on a server; each has ${bytes(each)} of ${storage} store`,
      }));
    return tooLarge.length > 0 ? tooLarge : tooMuch(cluster, views, each, storage);
  });

/** Streams that may only stand on some servers compete for these: each such set of servers must hold what is theirs. */
function tooMuch(cluster: ClusterTopology, views: readonly StreamView[], each: number, storage: Storage): Hit[] {
  const groups = new Map(views.map(({ candidates }) => [candidates.map(({ name }) => name).join(), candidates]));
  for (const servers of groups.values()) {
    const bound = views.filter(({ candidates }) => candidates.every((server) => servers.includes(server)));
    const [reserved, available] = [sum(bound), each * servers.length];
    if (reserved <= available) continue;
    const names = bound.map(({ stream }) => stream.name).join(", ");
    const message = `${names} reserve ${bytes(reserved)} with all replicas; ${servers.length} servers have ${bytes(available)}`;
    return [{ at: pathText("clusters", cluster.name, "jetstream", storage), message }];
  }
  return [];
}

const file: EnvironmentRule = {
  id: "file-store-overcommitted",
  severity: "error",
  impossible: true,
  title: "Streams reserve more file store than the servers have",
  reason:
    "JetStream reserves maxBytes for every replica when a stream is created; the stream that no longer fits is refused: insufficient storage.",
  fix: "give the servers more, or lower maxBytes",
  check: overcommitted("file"),
};

const memory: EnvironmentRule = {
  id: "memory-store-overcommitted",
  severity: "error",
  impossible: true,
  title: "Streams reserve more memory store than the servers have",
  reason:
    "JetStream reserves maxBytes for every replica when a stream is created; the stream that no longer fits is refused: insufficient memory.",
  fix: "give the servers more, or lower maxBytes",
  check: overcommitted("memory"),
};

export const capacityRules: readonly EnvironmentRule[] = [file, memory];
