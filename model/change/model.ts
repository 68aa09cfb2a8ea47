/**
 * What a change does to a server, from the lightest to the gravest. `recreate`: its disk is made anew as well, so that
 * what it stored is on its peers alone. `start` and `remove`: servers that are new, and that are no longer wanted.
 */
export type ServerEffect = "nothing" | "reload" | "restart" | "recreate" | "start" | "remove";

/** One cause of an effect. */
export interface ChangeReason {
  /** Key of the server's configuration (`jetstream.domain`), or setting of the environment (`platform.cpu`). */
  at: string;
  effect: Exclude<ServerEffect, "nothing">;
  /** Where the effect says too little: why it is a restart. */
  why?: string;
  /** Nobody has measured what servers do with this key: a restart that has to be acknowledged. */
  unknown?: true;
}

/** What happens to one server, with its causes. */
export interface ServerChange {
  cluster: string;
  server: string;
  effect: ServerEffect;
  reasons: ChangeReason[];
  /** Connections that this server closes, in words: who has to reconnect. Empty where nobody has to. */
  disconnects: string[];
}

/** What happens to one stream. `orphan`: it stays with its messages, and natsform no longer looks after it. */
export interface StreamChange {
  stream: string;
  cluster: string;
  account: string;
  effect: "create" | "update" | "recreate" | "orphan";
  /** Settings that differ. */
  fields: string[];
}

/** What is gone afterwards, or may be. */
export interface Loss {
  /** What `--allow-data-loss` names: a stream, `STREAM/consumer`, an account or a cluster. */
  name: string;
  /** Place in the environment. */
  at: string;
  what: string;
  /** Servers with which it goes. */
  servers?: string[];
  /** It is in their memory alone: while none of them runs, there is nothing to be lost. */
  inMemory?: true;
}

/** Rights that somebody has, and no longer gets. */
export interface Narrowed {
  /** Place in the environment. */
  at: string;
  who: string;
  /** What is taken away. */
  what: string[];
  account: string;
  /**
   * Connected ones keep it for so long at most, in milliseconds; 0: it ends with the change. Absent: as long as their
   * credentials are good.
   */
  keptMs?: number;
}

/** What somebody no longer may, in words. */
export const noLonger = (what: readonly string[]): string =>
  what.includes(everything) ? "no longer gets in" : `may no longer ${what.join(", ")}`;

/** Stands for all rights of somebody who is not known any more. */
export const everything = "everything";

/** A change that cannot be made in one step, with the steps that get there. */
export interface ForbiddenChange {
  /** Place in the environment. */
  at: string;
  message: string;
  /** What to do instead. */
  steps: string;
}

/** Something other than servers and streams that changes: responders, backups, what surrounds the servers. */
export interface OtherChange {
  at: string;
  what: string;
}

/** What a change from one topology to another does, before anything is done. Plain data. */
export interface ChangePlan {
  environment: string;
  servers: ServerChange[];
  streams: StreamChange[];
  losses: Loss[];
  narrowed: Narrowed[];
  forbidden: ForbiddenChange[];
  others: OtherChange[];
}

/** Effects from the lightest to the gravest. */
const gravity: readonly ServerEffect[] = ["nothing", "reload", "restart", "recreate", "start", "remove"];

/** The gravest effect of some causes. */
export const gravest = (reasons: readonly ChangeReason[]): ServerEffect =>
  reasons.reduce<ServerEffect>(
    (worst, { effect }) => (gravity.indexOf(effect) > gravity.indexOf(worst) ? effect : worst),
    "nothing",
  );

/** Who has to reconnect, or is ended, in words: `core-0, core-1: rolling restart: everybody …`. */
export const disconnected = ({ servers }: ChangePlan): ServerChange[] =>
  servers.filter(({ disconnects }) => disconnects.length > 0);

/** True when the change does nothing at all. */
export const changesNothing = ({ servers, streams, losses, narrowed, forbidden, others }: ChangePlan): boolean =>
  servers.every(({ effect }) => effect === "nothing") &&
  [streams, losses, narrowed, forbidden, others].every((list) => list.length === 0);

/** Exit code of a command that shows a plan: 0 nothing changes, 2 something does, 3 no single step leads there. */
export const planExitCode = (plan: ChangePlan): 0 | 2 | 3 =>
  plan.forbidden.length > 0 ? 3 : changesNothing(plan) ? 0 : 2;

/** Keys whose effect nobody has measured, once each. */
export const unknownKeys = ({ servers }: ChangePlan): string[] => [
  ...new Set(servers.flatMap(({ reasons }) => reasons.filter(({ unknown }) => unknown).map(({ at }) => at))),
];

/** Losses that nobody has allowed by name. */
export const unallowedLosses = ({ losses }: ChangePlan, allowed: readonly string[] = []): Loss[] =>
  losses.filter(({ name }) => !allowed.includes(name));
