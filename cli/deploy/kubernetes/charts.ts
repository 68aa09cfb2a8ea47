import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { writeFileAtomically } from "../../../artifacts/files";
import { workFolder } from "../../../artifacts/work-folder";
import { archiveDigest } from "../../../model/config/charts";
import { isOnKubernetes } from "../../../model/topology";
import { errorMessage } from "../../../runtime/common/error-message";
import { UserError } from "../../core/project";
import { toolPath } from "../../core/toolbox/find";
import { missingTool } from "../../core/toolbox/missing";
import type { DeployTarget } from "../target";

/**
 * Fetches the archive of each chart whose SHA-256 is known, and compares: Helm would take whatever the repository gives
 * for a version. What lies there already is compared as well.
 *
 * @returns true; `SynthSettings.chartArchives`
 * @throws UserError when an archive cannot be had, or is another one
 */
export async function fetchCharts({ root, topology }: Pick<DeployTarget, "root" | "topology">): Promise<true> {
  for (const { platform } of topology.clusters.filter(isOnKubernetes)) {
    const digest = archiveDigest(platform.chart);
    if (digest) await fetchChart(platform.chart, digest, workFolder(root).chart(digest));
  }
  return true;
}

export interface ChartSource {
  version: string;
  repository: string;
}

export async function fetchChart(source: ChartSource, digest: string, path: string): Promise<void> {
  if (existsSync(path) && sha256(readFileSync(path)) === digest) return;
  const said = `chart nats ${source.version} of ${source.repository}`;
  const archive = await archiveOf(source, digest).catch((error: unknown) => {
    throw new UserError(
      `${said} cannot be fetched: ${errorMessage(error)}`,
      `put its archive at ${path}, or set platform.chart.path`,
    );
  });
  if (sha256(archive) !== digest)
    throw new UserError(
      `${said} is another one than the configuration names: its SHA-256 is ${sha256(archive)}, not ${digest}`,
      "find out which is right, and set platform.chart.sha256",
    );
  writeFileAtomically(path, archive);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The part of a repository's index that says where a version is. */
const Index = z.object({
  entries: z.object({ nats: z.array(z.object({ version: z.string(), urls: z.array(z.string()).min(1) })) }),
});

async function archiveOf({ repository, version }: ChartSource, digest: string): Promise<Uint8Array> {
  // In a registry the archive is a blob, which is named by its digest.
  if (repository.startsWith("oci://")) return blob(`${repository.slice("oci://".length)}/nats@sha256:${digest}`);
  const folder = repository.endsWith("/") ? repository : `${repository}/`;
  const index = Index.parse(parse(Buffer.from(await download(new URL("index.yaml", folder))).toString("utf8")));
  const [url] = index.entries.nats.find((entry) => entry.version === version)?.urls ?? [];
  if (!url) throw new Error("the repository does not have it");
  return download(new URL(url, folder));
}

async function download(url: URL): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function blob(reference: string): Promise<Uint8Array> {
  const program = toolPath("crane");
  if (!program) throw missingTool("crane");
  const { stdout } = await promisify(execFile)(program, ["blob", reference], {
    encoding: "buffer",
    maxBuffer: 2 ** 26,
  });
  return stdout;
}
