import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { lastRevision, revisionsOf } from "./helm-release";

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type Manifest = z.output<typeof Manifest>;

const Stored = z.object({ data: z.object({ release: z.string() }) });
const Release = z.object({ manifest: z.string(), config: z.record(z.string(), z.unknown()).nullish() });

/** What Helm has made of the chart. */
export interface Released {
  objects: Manifest[];
  /** The values that were given to the chart. */
  values: Record<string, unknown>;
}

/** The last revision of a cluster's release as Helm keeps it; `undefined` before the first. */
export async function releasedOf(target: DeployTarget, name: string): Promise<Released | undefined> {
  const { kubectl, inside } = clusterAccess(target, name);
  const last = lastRevision(await revisionsOf(target, name));
  if (!last) return undefined;
  const { data } = await kubectl.json(Stored, ...inside, "get", "secret", last.name);
  return readRelease(data.release);
}

/** Reads what Helm stores: JSON in gzip in base64, and once more in base64 as every value of a Secret. */
export function readRelease(stored: string): Released {
  const zipped = Buffer.from(Buffer.from(stored, "base64").toString("latin1"), "base64");
  const { manifest, config } = Release.parse(JSON.parse(gunzipSync(zipped).toString("utf8")));
  const objects = parseAllDocuments(manifest).flatMap((document) => {
    const object: unknown = document.toJS();
    return object ? [Manifest.parse(object)] : [];
  });
  return { objects, values: config ?? {} };
}
