import { describeDifference } from "../audit/compare";
import type { ClusterState, StreamState } from "./state";

/** What a server no longer has when it comes back. */
export type Loses = "nothing" | "memory" | "everything";

/** A reason against stopping a server. `lasting`: it does not pass by itself, so nobody waits for it. */
export interface Objection {
  what: string;
  lasting?: true;
}

export interface GateProps {
  /** What the server loses while it is away: its disk goes with it, or its memory alone. */
  loses: Loses;
  /** Streams that may lose their only copy. */
  allowed?: readonly string[];
  /** Servers that are left, where it does not come back: no stream may need more. */
  stay?: number;
  /** How many others have to hold each of its streams. @default 1 */
  witnesses?: number;
}

/**
 * What stands against taking one server away: another that does not serve, a meta group that is not whole, replicas that are
 * behind or hold different messages, a stream whose only copy would be lost. That server itself may be in any state: it may be
 * what is to be mended.
 *
 * Equal health is not enough: a server that was emptied says that it is well before it has its messages again.
 */
export function objections(
  server: string,
  { servers, meta }: ClusterState,
  streams: readonly StreamState[],
  props: GateProps,
): Objection[] {
  return [
    ...servers.flatMap((other) => (other.name === server ? [] : ofServer(other, server))),
    ...(meta ? ofMeta(meta, server) : []),
    ...streams.flatMap((stream) => ofStream(stream, server, props)),
  ];
}

function ofServer({ name, runs, wrong, cutOffFrom }: ClusterState["servers"][number], without: string): Objection[] {
  if (!runs) return [{ what: `${name} does not run`, lasting: true }];
  if (wrong !== undefined) return [{ what: `${name} is not ready: ${wrong}` }];
  const missing = cutOffFrom.filter((other) => other !== without);
  return missing.length > 0 ? [{ what: `${name} is not ready: it has no route to ${missing.join(", ")}` }] : [];
}

function ofMeta({ leader, followers }: NonNullable<ClusterState["meta"]>, without: string): Objection[] {
  if (!leader) return [{ what: "the meta group has no leader" }];
  const behind = followers.filter(({ name, current, offline }) => name !== without && (!current || offline));
  return behind.map(({ name }) => ({ what: `the meta group counts ${name}, which is behind or away` }));
}

function ofStream(
  state: StreamState,
  without: string,
  { loses, allowed = [], stay = Number.POSITIVE_INFINITY, witnesses = 1 }: GateProps,
): Objection[] {
  const { account, stream, leader, servers, behind, storage, replicas, audit } = state;
  const named = `${account}: ${stream}`;
  const others = servers.filter((name) => name !== without);
  if (servers.includes(without) && others.length === 0) {
    const lost = loses === "everything" || (loses === "memory" && storage === "memory");
    if (!lost || allowed.includes(stream)) return [];
    return [{ what: `${named} has its only copy on ${without}`, lasting: true }];
  }
  if (servers.includes(without) && others.length < witnesses && !allowed.includes(stream))
    return [
      { what: `${named} has one other copy alone, on ${others.join()}: nobody can say which is right`, lasting: true },
    ];
  if (replicas > stay && servers.includes(without))
    return [
      { what: `${named} is to have ${replicas} replicas, and ${stay} servers stay: lower it first`, lasting: true },
    ];
  if (!leader) return [{ what: `${named} has no leader` }];
  const late = behind.filter((name) => name !== without);
  if (late.length > 0) return [{ what: `${named}: ${late.join(", ")} is behind or away` }];
  switch (audit.verdict) {
    case "differ":
      return [
        {
          what: `${named} differs from sequence ${audit.first.sequence} on: ${describeDifference(audit.first)}`,
          lasting: true,
        },
      ];
    case "not compared":
      // What is read there is removed: that its leader takes all replicas for current is all that can be known.
      return audit.because === "retention" ? [] : [{ what: `${named} could not be compared: ${audit.why}` }];
    default:
      return [];
  }
}
