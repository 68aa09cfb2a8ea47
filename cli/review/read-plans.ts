import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import {
  type Net,
  nothingPlanned,
  type PlanJson,
  type PlannedServers,
  plannedServers,
  type ReviewInput,
  readPlan,
  recordOf,
  type StackReview,
  secretNet,
} from "../../model/review";
import { stackPlan, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import { chartObjects } from "./chart-objects";
import { synthesizedAttributes } from "./synthesized";

/** Plans of an environment: its stacks, and what its servers are made from. */
export interface PlansOfEnvironment {
  stacks: StackReview[];
  servers: PlannedServers[];
}

/** Plans as they were given: those of environments by name, and those of somebody else's stacks. */
export interface GivenPlans {
  environments: Map<string, PlansOfEnvironment>;
  foreign: StackReview[];
  /** Takes the secrets of all of them out of a text. */
  net: Net;
}

/** A saved plan is an archive. */
const archive = "PK\u0003\u0004";

/**
 * Reads documents of `terraform show -json`; `-` is standard input.
 *
 * @param synthesized folder of the stacks as they were synthesized for these plans, where there is one
 * @throws UserError with every file that is none
 */
export async function readPlans(files: readonly string[], synthesized?: string): Promise<GivenPlans> {
  const read = files.map((file) => [file, readOne(file)] as const);
  const documents = read.flatMap(([file, one]) => (typeof one === "string" ? [] : [[file, one] as const]));
  const wrong = read.flatMap(([, one]) => (typeof one === "string" ? [one] : []));
  // What one stack marks as a secret may stand in the open in another.
  const net = secretNet(...documents.map(([, one]) => one));
  const given: GivenPlans = { environments: new Map(), foreign: [], net };
  for (const [file, read] of documents) {
    const record = recordOf(read);
    const name = record?.stack.id ?? (file === "-" ? "standard input" : basename(file).replace(/\.json$/, ""));
    // The document says of itself which stack it is of: a name, and no path.
    const isNamed = /^[\w-]+$/.test(record?.stack.id ?? "");
    const folder = synthesized && isNamed ? join(synthesized, name) : undefined;
    const written = folder ? synthesizedAttributes(folder) : {};
    const rendered = await chartObjects(read, folder ?? process.cwd());
    const review = readPlan({ ...read, synthesized: written, rendered }, name, net);
    if (!record) {
      given.foreign.push(review);
      continue;
    }
    const own = given.environments.get(record.environment) ?? { stacks: [], servers: [] };
    own.stacks.push(review);
    own.servers.push(...[plannedServers(read)].flatMap((servers) => servers ?? []));
    given.environments.set(record.environment, own);
  }
  if (wrong.length > 0)
    throw new UserError(
      wrong.join("\n"),
      "terraform show -json PLAN > plan.json makes one, or terraform show -json PLAN | natsform review --plan -",
    );
  return given;
}

/** The document, or why it is none. Nothing of its content is said: it holds secrets in clear. */
function readOne(file: string): PlanJson | string {
  if (file !== "-" && !existsSync(file)) return `${file}: there is no such file`;
  const text = readFileSync(file === "-" ? 0 : file, "utf8");
  if (text.startsWith(archive)) return `${file} is a saved plan, and not its JSON`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${file} is not JSON`;
  }
  const { success, data, error } = Document.safeParse(value);
  const [issue] = error?.issues ?? [];
  if (issue && issue.path.length > 1)
    return `${file} is no plan as terraform show -json prints it: ${issue.path.join(".")} is something else there`;
  if (!success || !("planned_values" in data || "resource_changes" in data))
    return `${file} is no plan as terraform show -json prints it`;
  if (!data.format_version.startsWith("1."))
    return `${file} has the format ${data.format_version.slice(0, 20)}; natsform reads 1`;
  // What is null is not there.
  return Object.fromEntries(Object.entries(value as object).filter(([, part]) => part !== null)) as PlanJson;
}

const Change = z.looseObject({ actions: z.array(z.string()) });
const Resource = z.looseObject({ address: z.string(), type: z.string(), change: Change });
const Named = z.looseObject({});
/** What has to be as it is said for a document to be read; everything else may be missing. */
const Document = z.looseObject({
  format_version: z.string(),
  resource_changes: z.array(Resource).nullish(),
  resource_drift: z.array(Resource).nullish(),
  deferred_changes: z.array(z.looseObject({ resource_change: Resource.optional() })).nullish(),
  output_changes: z.record(z.string(), Change).nullish(),
  relevant_attributes: z.array(z.looseObject({ resource: z.string().optional() })).nullish(),
  variables: z.record(z.string(), Named).nullish(),
  configuration: z
    .looseObject({
      root_module: z
        .looseObject({
          variables: z.record(z.string(), Named).optional(),
          resources: z
            .array(
              z.looseObject({
                address: z.string().optional(),
                depends_on: z.array(z.string()).optional(),
                expressions: Named.optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    })
    .nullish(),
});

/** Stacks of an environment in their order; those without a plan too. */
export function inOrder(topology: Topology | undefined, given: readonly StackReview[]): StackReview[] {
  if (!topology) return [...given];
  const planned = stackPlan(topology).map(({ id }): StackReview => {
    const found = given.find(({ stack }) => stack === id);
    return found ?? { ...nothingPlanned(id), missing: "no plan of it was given" };
  });
  return [...planned, ...given.filter(({ stack }) => !planned.some((one) => one.stack === stack))];
}

/** What is reviewed of a plan that no stack of natsform made. */
export const foreignInput = (stack: StackReview, today: string): ReviewInput => ({
  name: stack.stack,
  foreign: true,
  change: { environment: stack.stack, servers: [], streams: [], losses: [], narrowed: [], forbidden: [], others: [] },
  findings: { before: [], after: [], accepted: [] },
  files: [],
  stacks: [stack],
  today,
});
