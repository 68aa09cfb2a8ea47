import { z } from "zod";
import { readChartConf, UnreadableConf } from "../../../templates/helm-values";
import { configDigest } from "../../../templates/nats-conf";
import type { Rendered } from "../../core/judge-digest";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { type Manifest, releasedOf } from "./released";

const ConfigMap = z.object({ data: z.object({ "nats.conf": z.string() }) });
const StatefulSet = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            name: z.string(),
            env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
          }),
        ),
      }),
    }),
  }),
});

/** What each server computes of the configuration that Helm has released, by the server's name. */
export async function renderedDigests(target: DeployTarget, name: string): Promise<ReadonlyMap<string, Rendered>> {
  const { cluster } = clusterAccess(target, name);
  const released = await releasedOf(target, name);
  const seeds = new Map<string, string>();
  for (const { user } of cluster.leafLinks) {
    const seed = await target.keys.read(`user-${user}`);
    if (seed) seeds.set(`${user}.conf`, seed);
  }
  return new Map(
    cluster.servers.map((server) => [
      server.name,
      released ? renderedDigest(released.objects, server.name, seeds) : { unknown: "there is no release" },
    ]),
  );
}

/** @param seeds of the users of leaf node links, by the name of the file that includes each */
export function renderedDigest(
  objects: readonly Manifest[],
  pod: string,
  seeds: ReadonlyMap<string, string> = new Map(),
): Rendered {
  const texts = objects.flatMap((object) =>
    object.kind === "ConfigMap" ? (ConfigMap.safeParse(object).data ?? []) : [],
  );
  const text = texts.at(0)?.data["nats.conf"];
  if (text === undefined) return { unknown: "the release has no nats.conf" };
  const sets = objects.flatMap((object) =>
    object.kind === "StatefulSet" ? (StatefulSet.safeParse(object).data ?? []) : [],
  );
  const env = sets.at(0)?.spec.template.spec.containers.find((container) => container.name === "nats")?.env ?? [];
  // The chart names a server by its pod; every other reference to it is Kubernetes' own.
  const variable = (name: string) => env.find((one) => one.name === name)?.value?.replace("$(POD_NAME)", pod);
  const include = (path: string) => {
    const nkey = seeds.get(path.slice(path.lastIndexOf("/") + 1));
    return nkey === undefined ? undefined : { nkey };
  };
  try {
    return { digest: configDigest(readChartConf(text, { variable, include })) };
  } catch (error) {
    if (error instanceof UnreadableConf) return { unknown: error.message };
    throw error;
  }
}
