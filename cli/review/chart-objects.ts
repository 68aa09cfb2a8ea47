import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { privateFile } from "../../artifacts/files";
import type { ChartObject, PlanJson, Rendering } from "../../model/review";
import { errorMessage } from "../../runtime/common/error-message";
import { toolPath } from "../core/toolbox/find";

/** The part of a release of Helm that says what its chart is given. */
const Side = z.object({
  name: z.string(),
  chart: z.string(),
  namespace: z.string().nullish(),
  values: z.array(z.string()).nullish(),
  set: z.array(z.unknown()).nullish(),
  set_list: z.array(z.unknown()).nullish(),
  set_sensitive: z.array(z.unknown()).nullish(),
  set_wo: z.array(z.unknown()).nullish(),
  postrender: z.unknown().optional(),
});

const secondsOfHelm = 60;

/**
 * What charts make of the releases that a plan changes, before and after, by address: rendered here, without a cluster, by
 * the Helm and from the charts of this machine. Nothing is fetched.
 *
 * @param folder of the stack, from which a chart's path counts
 */
export async function chartObjects(plan: PlanJson, folder: string): Promise<Record<string, Rendering>> {
  const releases = (plan.resource_changes ?? []).filter(
    ({ type, change }) => type === "helm_release" && !["no-op", "read"].includes(change.actions.join()),
  );
  const rendered: Record<string, Rendering> = {};
  // One after another: each is a program of its own, and there are few.
  for (const { address, change } of releases) {
    // A value that is not known yet stands at no place of `after`.
    rendered[address] = hasUnknown(change.after_unknown)
      ? { missing: "its values are known once it is applied" }
      : await rendering(change.before ?? undefined, change.after ?? undefined, folder);
  }
  return rendered;
}

/** Attributes that a release is rendered from. */
const given = ["name", "chart", "namespace", "values"];
const hasUnknown = (unknown: unknown): boolean =>
  typeof unknown === "object" &&
  unknown !== null &&
  Object.entries(unknown).some(([key, value]) => given.includes(key) && JSON.stringify(value).includes("true"));

async function rendering(before: unknown, after: unknown, folder: string): Promise<Rendering> {
  const helm = toolPath("helm");
  if (!helm) return { missing: "helm, which renders them, is not on this machine" };
  const of = (side: unknown) => (side === undefined ? [] : objectsOf(helm, side, folder));
  try {
    return { before: await of(before), after: await of(after), again: await of(after) };
  } catch (error) {
    return { missing: errorMessage(error) };
  }
}

const Objects = z.array(
  z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }) }),
);

async function objectsOf(helm: string, planned: unknown, folder: string): Promise<ChartObject[]> {
  const { success, data: side } = Side.safeParse(planned);
  if (!success) throw new Error("it is planned in another way than Helm's provider plans a release");
  const chart = resolve(folder, side.chart);
  if (!existsSync(chart)) throw new Error(`its chart, ${side.chart}, is not on this machine`);
  if ([side.set, side.set_list, side.set_sensitive, side.set_wo].some((list) => list && list.length > 0))
    throw new Error("it sets values by themselves, which only the provider reads as it does");
  if (Array.isArray(side.postrender) ? side.postrender.length > 0 : side.postrender)
    throw new Error("a program of its own changes what the chart makes");
  const work = mkdtempSync(join(tmpdir(), "natsform-chart-"));
  try {
    const files = (side.values ?? []).map((text, i) => {
      const file = join(work, `${i}.yaml`);
      writeFileSync(file, text, { mode: privateFile });
      return ["--values", file];
    });
    const inNamespace = side.namespace ? ["--namespace", side.namespace] : [];
    // Of the caller's own Helm nothing counts: a plugin of it would run, and its settings would make other objects.
    const env = { PATH: process.env.PATH, ...Object.fromEntries(helmFolders.map((name) => [name, work])) };
    const args = ["template", side.name, chart, "--skip-tests", ...inNamespace, ...files.flat()];
    const { stdout } = await promisify(execFile)(helm, args, {
      env,
      timeout: secondsOfHelm * 1000,
      maxBuffer: 2 ** 26,
    }).catch((error: { killed?: boolean; stderr?: string }) => {
      const [said = ""] = /^Error: .{0,300}/m.exec(error.stderr ?? "") ?? [];
      throw new Error(
        error.killed ? `helm did not end within ${secondsOfHelm} seconds` : `helm cannot render them. ${said}`.trim(),
      );
    });
    return Objects.parse(parseAllDocuments(stdout).flatMap((document) => (document.toJS() as unknown) ?? []));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const helmFolders = ["HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"];
