import type { ChangeReason, ServerEffect } from "../../model/change";
import type { Topology } from "../../model/topology";
import type { ConfObject } from "../nats-conf";

interface Compared {
  before: Topology;
  after: Topology;
  from: ConfObject;
  to: ConfObject;
}

/** Who has to reconnect because of what happens to a server, in words. */
export function disconnectsOf(effect: ServerEffect, reasons: readonly ChangeReason[], compared: Compared): string[] {
  if (effect === "nothing") return [];
  if (effect !== "reload") return ["everybody who is connected to it, moved away in lame duck mode"];
  const has = (key: string) => reasons.some(({ at }) => at === key);
  const { from, to, before } = compared;
  const fewer = Number(to.max_connections) < Number(from.max_connections);
  return [
    // A server that reloads asks again who its clients are: it knows its own users, and closes whom the callout admitted.
    "users and services that the callout admitted",
    ...(has("leafnodes.remotes") ? [`its links to ${hubsOf(before, compared.after).join(", ") || "hubs"}`] : []),
    ...(has("max_connections") && fewer ? [`clients beyond ${to.max_connections} connections`] : []),
  ];
}

const hubsOf = (before: Topology, after: Topology): string[] => [
  ...new Set([...before.clusters, ...after.clusters].flatMap(({ leafLinks }) => leafLinks.map(({ hub }) => hub))),
];
