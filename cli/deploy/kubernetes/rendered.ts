import { z } from "zod";
import { readChartConf } from "../../../templates/helm-values";
import { configDigest, type IncludedFile } from "../../../templates/nats-conf";
import { type Rendered, renderedBy } from "../../core/judge-digest";
import { leafIncludes } from "../leaf-includes";
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
  const include = await leafIncludes(target, cluster);
  return new Map(
    cluster.servers.map((server) => [
      server.name,
      released ? renderedDigest(released.objects, server.name, include) : { unknown: "there is no release" },
    ]),
  );
}

export function renderedDigest(
  objects: readonly Manifest[],
  pod: string,
  include: IncludedFile = () => undefined,
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
  return renderedBy(() => configDigest(readChartConf(text, { variable, include })));
}
