import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type BackendConfig, backendConfig } from "../../../artifacts/backend-config";
import { readIfThere, writeFileAtomically } from "../../../artifacts/files";
import { UserError } from "../../core/project";
import { backendSettings, type DeployTarget, stackFolder } from "../target";
import { type TerraformFolder, terraform } from "../terraform";
import { refuseFailure } from "../terraform-messages";
import { isBegun, isCopy, readStateIn, type StackState } from "./state";

/** A backend as Terraform notes it: of any kind, with the keys that its configuration has. */
export interface Backend {
  kind: string;
  config: Record<string, unknown>;
}

/** Terraform's own note about a folder: where its state was when it was prepared last. */
const Note = z.object({
  backend: z.object({ type: z.string(), config: z.record(z.string(), z.unknown()) }).nullish(),
});

/** Where a folder's state was when Terraform prepared it last; `undefined` where it never did. */
export function preparedBackend(folder: string): Backend | undefined {
  const text = readIfThere(join(folder, ".terraform", "terraform.tfstate"));
  const { backend } = text === undefined ? {} : Note.parse(JSON.parse(text));
  if (!backend) return undefined;
  const config = Object.entries(backend.config).filter(([, value]) => value !== null);
  return { kind: backend.type, config: Object.fromEntries(config) };
}

/** Keys that say where a state is; the others say how it is reached. */
const place: Record<BackendConfig["kind"], readonly string[]> = {
  local: ["path"],
  s3: ["bucket", "key"],
  gcs: ["bucket", "prefix"],
};

/** True when two backends keep a state in one place. */
export const isSamePlace = (one: Backend, other: BackendConfig): boolean =>
  one.kind === other.kind &&
  place[other.kind].every((key) => one.config[key] === (other.config as Backend["config"])[key]);

/** For people: `s3://bucket/key`. */
export function placeText({ kind, config }: Backend): string {
  const [first, ...rest] = (place[kind as BackendConfig["kind"]] ?? Object.keys(config)).map((key) =>
    String(config[key]),
  );
  return kind === "local" ? (first ?? "") : `${kind === "gcs" ? "gs" : kind}://${[first, ...rest].join("/")}`;
}

export const backendOf = (target: DeployTarget, id: string): BackendConfig =>
  backendConfig(target.environment, id, backendSettings(target));

/** Reads a state by its place alone: no provider is needed. */
export async function readBackend(target: DeployTarget, id: string, { kind, config }: Backend): Promise<StackState> {
  const folder: TerraformFolder = { stack: id, path: join(target.out, "states", id), env: target.env };
  // A note about another place would be asked for the state to copy.
  rmSync(join(folder.path, ".terraform"), { recursive: true, force: true });
  writeFileAtomically(join(folder.path, "cdk.tf.json"), JSON.stringify({ terraform: { backend: { [kind]: config } } }));
  refuseFailure(id, await terraform(folder, ["init", "-no-color"]));
  return readStateIn(folder);
}

/** A state that is not where the configuration says that it is. */
export interface MovedState {
  id: string;
  from: Backend;
}

/**
 * States of stacks whose backend was changed since this folder was prepared: at the new place there is none, and
 * everything would be made anew beside what is there.
 *
 * @throws UserError where both places hold resources: nobody knows which is right
 */
export async function movedStates(target: DeployTarget, ids: readonly string[]): Promise<MovedState[]> {
  const moved: MovedState[] = [];
  for (const id of ids) {
    const wanted = backendOf(target, id);
    const from = preparedBackend(stackFolder(target, id).path);
    if (!from || isSamePlace(from, wanted)) continue;
    const old = await readBackend(target, id, from).catch((error: Error) => {
      throw new UserError(
        `${id}: its state was at ${placeText(from)}, which cannot be read: ${error.message}`,
        `restore the backend; or, if that state is given up, remove ${stackFolder(target, id).path}`,
      );
    });
    if (!isBegun(old)) continue;
    const now = await readBackend(target, id, wanted);
    if (!isBegun(now)) moved.push({ id, from });
    else if (!isCopy(old, now))
      throw new UserError(
        `${id}: its state was at ${placeText(from)}; the backend names ${placeText(wanted)}, where another one is`,
        `find out which is right, restore the backend, or remove ${stackFolder(target, id).path}`,
      );
  }
  return moved;
}

/** Copies a state to the place that the configuration names. The old one stays as it was. */
export async function moveState(target: DeployTarget, { id }: MovedState): Promise<void> {
  refuseFailure(id, await terraform(stackFolder(target, id), ["init", "-no-color", "-migrate-state", "-force-copy"]));
}
