import {
  type ChangePlan,
  changesNothing,
  type Narrowed,
  type ServerChange,
  type ServerEffect,
  type StreamChange,
} from "../../model/change";
import { duration } from "../nats-conf";

const words: Readonly<Record<ServerEffect, string>> = {
  nothing: "nothing",
  reload: "reload",
  restart: "rolling restart",
  recreate: "made anew, one after another, with empty disks",
  start: "new",
  remove: "removed",
};

const streamWords: Readonly<Record<StreamChange["effect"], string>> = {
  create: "new",
  update: "changed in place",
  recreate: "only a new stream can be like this",
  orphan: "stays with its messages, and natsform no longer looks after it",
};

/** A plan as lines for people. What a program reads is the plan itself, as JSON. */
export function changeLines(plan: ChangePlan): string[] {
  if (changesNothing(plan)) return [`${plan.environment}: nothing changes`];
  return [
    ...section("servers", alike(plan.servers).flatMap(serverLines)),
    ...section("streams", plan.streams.map(streamLine)),
    ...section(
      "besides",
      plan.others.map(({ at, what }) => `${at}: ${what}`),
    ),
    ...section(
      "rights that are taken away",
      plan.narrowed.flatMap((one) => narrowedLines(one)),
    ),
    ...section(
      "lost, unless --allow-data-loss names it",
      plan.losses.map(({ name, at, what }) => `${name}: ${what} (${at})`),
    ),
    ...section(
      "not possible in one step",
      plan.forbidden.flatMap(({ at, message, steps }) => [`${at}: ${message}`, `  ${steps}`]),
    ),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];

/** Servers to which the same happens for the same reasons. */
function alike(servers: readonly ServerChange[]): ServerChange[][] {
  const groups = new Map<string, ServerChange[]>();
  for (const server of servers) {
    const { server: _, ...same } = server;
    const key = JSON.stringify(same);
    groups.set(key, [...(groups.get(key) ?? []), server]);
  }
  return [...groups.values()];
}

function serverLines(group: readonly ServerChange[]): string[] {
  const [first] = group;
  if (!first) return [];
  const names = group.map(({ server }) => server).join(", ");
  return [
    `${names}: ${words[first.effect]}`,
    ...first.reasons.map(({ at, effect, why, unknown }) => {
      const text = why === undefined ? `${at}: ${words[effect]}` : `${at}: ${words[effect]}: ${why}`;
      return `  ${text}${unknown ? `: it has to be acknowledged` : ""}`;
    }),
    ...first.disconnects.map((who) => `  has to reconnect: ${who}`),
  ];
}

const streamLine = ({ cluster, account, stream, effect, fields }: StreamChange): string =>
  `${cluster}/${account}/${stream}: ${streamWords[effect]}${fields.length > 0 ? `: ${fields.join(", ")}` : ""}`;

function narrowedLines({ at, who, what, keptMs }: Narrowed): string[] {
  const kept =
    keptMs === undefined
      ? "who is connected keeps it for as long as the credentials are good"
      : keptMs === 0
        ? "it ends when servers load the change"
        : `who is connected keeps it for ${duration(keptMs)} at most; --disconnect ends it at once`;
  return [`${at}: ${who}: ${what.join(", ")}`, `  ${kept}`];
}
