import { z } from "zod";
import type { Trust } from "../../../model/config";
import { noteOutput, readDeployedNote, recordNames, type StackRecord, type Topology } from "../../../model/topology";
import { type DeployTarget, stackFolder } from "../target";
import { type TerraformFolder, terraform } from "../terraform";
import { refuseFailure } from "../terraform-messages";

/** A resource of a state. Its attributes may be secret: they are compared, and never printed. */
export interface StateResource {
  type: string;
  name: string;
  /** `aws`, `kubernetes`, `helm`, `vault`, `terraform`. */
  provider: string;
  attributes: Record<string, unknown>;
}

/** What natsform reads of the Terraform state of one stack. */
export interface StackState {
  id: string;
  /** Managed resources, without natsform's own records. */
  resources: StateResource[];
  /** What the state says of itself; none where an older natsform wrote it. */
  record?: StackRecord;
  /** What its servers were made from, where it holds servers. */
  topology?: Topology;
  /** Public halves of the keys that they were made with. */
  trust?: Trust;
}

const State = z.object({
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.object({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        provider: z.string(),
        instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()).nullish() })),
      }),
    )
    .default([]),
});

/** @param text as `terraform state pull` prints it; empty without a state */
export function parseState(id: string, text: string): StackState {
  const state = State.parse(text.trim() === "" ? {} : JSON.parse(text));
  const all = state.resources
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ type, name, provider, instances }) =>
      instances.map(({ attributes }) => ({ type, name, provider: shortName(provider), attributes: attributes ?? {} })),
    );
  const noted = <T>(record: string): T | undefined => {
    const found = all.find(({ type, name }) => type === "terraform_data" && name === record);
    return found && (JSON.parse(inputOf(found)) as T);
  };
  const deployed = readDeployedNote(state.outputs[noteOutput]?.value);
  const records: readonly string[] = Object.values(recordNames);
  return {
    id,
    resources: all.filter(({ type, name }) => !(type === "terraform_data" && records.includes(name))),
    record: noted(recordNames.stack),
    topology: deployed ? deployed.topology : noted(recordNames.topology),
    trust: deployed ? deployed.trust : noted(recordNames.trust),
  };
}

/** `provider["registry.terraform.io/hashicorp/aws"]` */
const shortName = (provider: string) => /([^/"]+)"\]/.exec(provider)?.[1] ?? provider;

/** `terraform_data` keeps a value of any type, so the state has the type beside it. */
const inputOf = ({ attributes: { input } }: StateResource): string =>
  typeof input === "string" ? input : String((input as { value?: unknown } | undefined)?.value);

/** True when resources or records are in the state: an apply of the stack has begun. */
export const isBegun = ({ resources, record }: StackState): boolean => resources.length > 0 || record !== undefined;

/** True when two states know one and the same thing: one was copied from the other. */
export const isCopy = (one: StackState, other: StackState): boolean =>
  one.resources.some(({ type, attributes: { id } }) =>
    other.resources.some((resource) => id !== undefined && resource.type === type && resource.attributes.id === id),
  );

/** Reads the state of a stack that `initStack` has prepared. */
export const readState = (target: DeployTarget, id: string): Promise<StackState> =>
  readStateIn(stackFolder(target, id));

export async function readStateIn(folder: TerraformFolder): Promise<StackState> {
  const pulled = await terraform(folder, ["state", "pull"]);
  refuseFailure(folder.stack, pulled);
  return parseState(folder.stack, pulled.text);
}
