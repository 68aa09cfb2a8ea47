import type { Trust } from "../../model/config";
import { calloutKeys, responderKey, type Topology, trustOf } from "../../model/topology";
import { UserError } from "../core/project";

/** State of a cluster's deployed responders. */
export interface DeployedResponders {
  /**
   * Keys that they are deployed with, see `calloutKeys`; `undefined` for versions of natsform that did not set them.
   */
  keys: string | undefined;
  /** True when all of them run with these keys. */
  done: boolean;
  /** Number of responders that accept requests. */
  available: number;
}

/** Variable of the responders with their keys, see `calloutKeys`. */
export const keysVariable = "NATS_AUTH_KEYS";
/** Keys of the responders, from the variables of a container. */
export const keysIn = (variables: readonly { name?: string; value?: string }[]): string | undefined =>
  variables.find(({ name }) => name === keysVariable)?.value;

/** Adds to a check that the responders have the keys of the trust file. */
export function withKeys(
  { ok, seen }: { ok: boolean; seen: string },
  keys: string | undefined,
  desired: string,
): { ok: boolean; seen: string } {
  return keys === desired ? { ok, seen } : { ok: false, seen: `${seen}, with other keys than the trust file's` };
}

/** Error for started responders that did not get ready. @param fix place of the log with the reason */
export const notReady = (name: string, fix: string): UserError =>
  new UserError(`${name} did not get ready with the keys of the trust file; no server was changed`, fix);

/** Step for the responders before a server is changed; `finished-before` does nothing either. */
export type RespondersStep = "nothing" | "start" | "restart" | "finished-before" | "refuse";

export function respondersStep(
  found: DeployedResponders | undefined,
  topology: Pick<Topology, "identity">,
  everywhere: Trust,
  cluster: string,
): RespondersStep {
  const trust = trustOf(everywhere, cluster);
  // Without an available responder there is no service to keep up, and new ones may need the changed servers first.
  if (!found || found.available === 0) return "nothing";
  const { keys, done } = found;
  // They have the keys, but the rollout is not complete: the previous deployment stopped here.
  if (keys === calloutKeys(topology, trust, cluster)) return done ? "nothing" : "restart";
  // These versions read the first seed alone, which unchanged servers do not know during a rotation.
  if (keys === undefined) return trust.previous ? "refuse" : "nothing";
  const deployedKeys = keys.split(",").map((key) => key.replace(/\?$/, ""));
  const logins = [trust.users.responder, trust.previous?.[responderKey]];
  // With a login that the servers do not know yet, new responders do not get ready before the servers are changed.
  return logins.some((login) => login !== undefined && deployedKeys.includes(login)) ? "start" : "finished-before";
}

/**
 * Prints a step. Returns true when responders have to be started for it.
 *
 * @param stack the responders' stack
 * @throws UserError for `refuse`
 */
export function isStarted(step: RespondersStep, name: string, stack: string, show: (text: string) => void): boolean {
  switch (step) {
    case "nothing":
      return false;
    case "finished-before":
      show(
        `${name}: the rotation was finished before it was deployed: servers are updated first; new connections wait until then`,
      );
      return false;
    case "refuse":
      throw new UserError(
        `${name} runs a version that cannot accept previous keys during a rotation, and one is open; no server was changed`,
        `terraform init and apply in cdktf.out/stacks/${stack} starts responders that accept old and new keys; then deploy again`,
      );
    case "start":
    case "restart":
      show(`${name}: starts with the keys of the trust file, before the servers`);
      return true;
    default:
      return step satisfies never;
  }
}
