import { z } from "zod";
import { quantity } from "../preflight/kubernetes-room";

const Claim = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    storageClassName: z.string().optional(),
    resources: z.object({ requests: z.object({ storage: z.string() }) }),
  }),
});
export const LiveSet = z.object({
  spec: z.looseObject({ serviceName: z.string(), volumeClaimTemplates: z.array(Claim).default([]) }),
});
export type LiveSet = z.output<typeof LiveSet>;

const pvc = z
  .object({ enabled: z.boolean().default(true), size: z.string(), storageClassName: z.string().nullish() })
  .optional();
/** The values of the chart from which it makes what Kubernetes does not change in a StatefulSet. */
const Values = z.object({
  fullnameOverride: z.string(),
  config: z.object({
    jetstream: z
      .object({ enabled: z.boolean(), fileStore: z.object({ enabled: z.boolean().default(true), pvc }).prefault({}) })
      .optional(),
    resolver: z.object({ enabled: z.boolean(), pvc }).optional(),
  }),
});

/** Changes of a live StatefulSet that the API refuses. Pure. */
export function immutableChanges({ spec }: LiveSet, values: unknown): string[] {
  const { fullnameOverride: name, config } = Values.parse(values);
  const { jetstream, resolver } = config;
  const file = jetstream?.enabled && jetstream.fileStore.enabled ? jetstream.fileStore.pvc : undefined;
  const wanted = new Map<string, { size: string; storageClassName?: string | null }>(
    [
      [`${name}-js`, file] as const,
      [`${name}-resolver`, resolver?.enabled ? resolver.pvc : undefined] as const,
    ].flatMap(([claim, of]) => (of?.enabled ? [[claim, of] as const] : [])),
  );
  const live = new Map(spec.volumeClaimTemplates.map((claim) => [claim.metadata.name, claim.spec]));
  return [...setChanges(spec, values), ...claimChanges(live, wanted)];
}

type Claims<Size> = ReadonlyMap<string, Size>;

function claimChanges(
  live: Claims<z.output<typeof Claim>["spec"]>,
  wanted: Claims<{ size: string; storageClassName?: string | null }>,
): string[] {
  return [...new Set([...live.keys(), ...wanted.keys()])].flatMap((claim) => {
    const [is, should] = [live.get(claim), wanted.get(claim)];
    if (!is) return [`claim ${claim} is new`];
    if (!should) return [`claim ${claim} is left out`];
    const size = is.resources.requests.storage;
    return [
      ...(quantity(size) === quantity(should.size) ? [] : [`claim ${claim} has ${size}, wanted ${should.size}`]),
      ...((is.storageClassName ?? "") === (should.storageClassName ?? "")
        ? []
        : [`claim ${claim} is of class ${is.storageClassName}, wanted ${should.storageClassName}`]),
    ];
  });
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const within = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);

/** What Kubernetes 1.34 changes of a StatefulSet that is there; of everything else it refuses the whole update. */
const changeable = [
  ...["replicas", "ordinals", "template", "updateStrategy", "minReadySeconds", "revisionHistoryLimit"],
  "persistentVolumeClaimRetentionPolicy",
];

/** Values of one's own that reach into what is not changed: merged, or put there by a patch. */
function setChanges(live: Record<string, unknown>, values: unknown): string[] {
  const own = within(values, "statefulSet", "merge", "spec");
  const merged = Object.entries(isMap(own) ? own : {});
  return [...merged, ...patchedIn(within(values, "statefulSet", "patch"), "spec")].flatMap(([field, value]) =>
    [...changeable, "volumeClaimTemplates"].includes(field) || covers(live[field], value)
      ? []
      : [`${field} is ${JSON.stringify(live[field])}, wanted ${JSON.stringify(value)}`],
  );
}

/** Fields directly below a part of an object that a JSON patch sets. */
function patchedIn(patch: unknown, part: string): [string, unknown][] {
  return (Array.isArray(patch) ? patch : []).flatMap((operation): [string, unknown][] => {
    const [, first, field, ...below] = isMap(operation) ? String(operation.path).split("/") : [];
    if (first !== part || field === undefined || !isMap(operation)) return [];
    const value = below.reduceRight<unknown>((inner, key) => ({ [key]: inner }), operation.value);
    return [[field, value]];
  });
}

/** True when everything that is wanted is so already; the API adds defaults. */
function covers(live: unknown, wanted: unknown): boolean {
  if (isMap(wanted)) return isMap(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value));
  return JSON.stringify(live) === JSON.stringify(wanted);
}

/** Values of the chart that make a Service, and its name. */
export const serviceNames = {
  service: (release: string) => release,
  headlessService: (release: string) => `${release}-headless`,
} as const;

/** What stays as it was given to a Service, as long as its type has it. */
const givenOnce = ["clusterIP", "clusterIPs", "ipFamilies", "loadBalancerClass"];

/** Changes of live Services that the API refuses. Pure. @param live by the name of the chart's value */
export function serviceChanges(live: ReadonlyMap<string, unknown>, values: unknown): string[] {
  return Object.keys(serviceNames).flatMap((key) => {
    const [spec, name] = [within(live.get(key), "spec"), within(live.get(key), "metadata", "name")];
    const own = within(values, key, "merge", "spec");
    if (!isMap(spec)) return [];
    const wanted = [...Object.entries(isMap(own) ? own : {}), ...patchedIn(within(values, key, "patch"), "spec")];
    // A Service of another type gives up its address, and takes another.
    const type = wanted.find(([field]) => field === "type")?.[1];
    if (type === "ExternalName") return [];
    return wanted.flatMap(([field, value]) => {
      const [is, should] = field === "ipFamilies" ? [firstOf(spec[field]), firstOf(value)] : [spec[field], value];
      return !givenOnce.includes(field) || is === undefined || covers(is, should)
        ? []
        : [`${field} of Service ${name} is ${JSON.stringify(spec[field])}, wanted ${JSON.stringify(value)}`];
    });
  });
}

const firstOf = (value: unknown) => (Array.isArray(value) ? value[0] : value);

/** One line for each object: whether it is sealed, its kind and name. Values of Secrets are not asked for. */
export const sealedColumns = '{range .items[*]}{.immutable} {.kind} {.metadata.name}{"\\n"}{end}';

/** Named after its content, as that of a run that makes streams: another content is another object. */
const namedByContent = /^ConfigMap .+-[0-9a-f]{8}$/;

/** ConfigMaps and Secrets of the release, or of natsform, that somebody has sealed. Pure. */
export const sealedObjects = (lines: string): string[] =>
  lines.split("\n").flatMap((line) => {
    const [, object] = /^true (.+)$/.exec(line.trim()) ?? [];
    return object === undefined || namedByContent.test(object) ? [] : [`${object} is immutable`];
  });
