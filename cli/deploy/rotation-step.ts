import type { Trust } from "../../model/config";
import { calloutKeys, responderKey, type Topology } from "../../model/topology";
import { UserError } from "../core/project";

/** What runs of a cluster's responders. */
export interface DeployedResponders {
  /** What they are told to hold, see `calloutKeys`; undefined where no version of natsform has told them anything. */
  keys: string | undefined;
  /** Whether all of them have been told. */
  done: boolean;
  /** How many take requests. */
  available: number;
}

/** Variable of the responders that holds what they are told, see `calloutKeys`. */
export const keysVariable = "NATS_AUTH_KEYS";
/** What they are told, of the variables of a container. */
export const keysIn = (variables: readonly { name?: string; value?: string }[]): string | undefined =>
  variables.find(({ name }) => name === keysVariable)?.value;

/** What was seen of them, and whether they hold the keys of the trust file. */
export function withKeys(
  { ok, seen }: { ok: boolean; seen: string },
  keys: string | undefined,
  desired: string,
): { ok: boolean; seen: string } {
  return keys === desired ? { ok, seen } : { ok: false, seen: `${seen}, with other keys than the trust file's` };
}

/** Those that were started did not get ready. @param fix where it is said why */
export const notReady = (name: string, fix: string): UserError =>
  new UserError(`${name} did not get ready with the keys of the trust file; no server was changed`, fix);

/** What is done about them before a server is changed; `finished-before`, too, is nothing. */
export type RespondersStep = "nothing" | "start" | "restart" | "finished-before" | "refuse";

export function respondersStep(
  found: DeployedResponders | undefined,
  topology: Pick<Topology, "identity">,
  trust: Trust,
): RespondersStep {
  // While none answers there is nothing to keep up, and new ones may not get ready before the servers are changed.
  if (!found || found.available === 0) return "nothing";
  const { keys, done } = found;
  // Told already, and not done: the deployment before has stopped here.
  if (keys === calloutKeys(topology, trust)) return done ? "nothing" : "restart";
  // They read the first seed alone, which servers of before do not know while a rotation is open.
  if (keys === undefined) return trust.previous ? "refuse" : "nothing";
  const told = keys.split(",").map((key) => key.replace(/\?$/, ""));
  const logins = [trust.users.responder, trust.previous?.[responderKey]];
  // With other logins than those that servers were told with them, new ones do not get ready before the servers are changed.
  return logins.some((login) => login !== undefined && told.includes(login)) ? "start" : "finished-before";
}

/**
 * Tells of a step, and whether responders are to be started for it.
 *
 * @param stack that the responders belong to
 * @throws UserError for `refuse`
 */
export function isStarted(step: RespondersStep, name: string, stack: string, show: (text: string) => void): boolean {
  switch (step) {
    case "nothing":
      return false;
    case "finished-before":
      show(`${name}: the rotation was finished before it was deployed; servers first, who comes meanwhile waits`);
      return false;
    case "refuse":
      throw new UserError(
        `${name} runs a version that takes no keys of before, and a rotation is open; no server was changed`,
        `terraform init and apply in cdktf.out/stacks/${stack} starts responders that take old and new keys; then deploy again`,
      );
    case "start":
    case "restart":
      show(`${name}: starts with the keys of the trust file, before the servers`);
      return true;
    default:
      return step satisfies never;
  }
}
