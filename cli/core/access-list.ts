import type { Trust } from "../../model/config";
import type { ConnectionKind, Topology } from "../../model/topology";
import { explainPermissions, servicePermissions } from "../../runtime/auth-callout/permissions";
import type { AuthRules } from "../../runtime/auth-callout/rules";
import { inboxPrefix, serviceInboxPrefix } from "../../runtime/client";
import { toAuthRules } from "../../templates/callout-rules";

/** Subjects of one direction; `>` where nothing limits it. */
interface Lists {
  allow: readonly string[];
  deny: readonly string[];
}

/** Somebody who may log in, with what it may do there. */
export interface Holder {
  /** `tokens`, `tokens with roles including editor`, `service main-api`, `user sys`. */
  name: string;
  account: string;
  /** Kinds of connections, in words. */
  doors: string;
  publish: Lists;
  subscribe: Lists;
}

/** One subject of an account: who may publish to it, and who may listen. */
export interface Access {
  account: string;
  subject: string;
  publish: string[];
  subscribe: string[];
}

const doorsOf: Readonly<Record<ConnectionKind, string>> = { STANDARD: "clients", LEAFNODE: "leaf nodes" };
const everything: Lists = { allow: [">"], deny: [] };

/** Everybody who may log in to the servers of an environment: holders of tokens by rule, services, fixed users. */
export function holdersOf(topology: Topology, trust: Trust): Holder[] {
  const rules = toAuthRules(topology, trust);
  const shown = namesOf(rules);
  const lists = ({ allow, deny = [] }: { allow: readonly string[]; deny?: readonly string[] }): Lists => ({
    allow: allow.map(shown),
    deny: deny.map(shown),
  });
  const tokens = rules.permissions.map((rule): Holder => {
    // What the rule alone gives to whoever fulfils it: a claim stands for itself.
    const alone = { ...rules, permissions: [{ ...rule, when: [] }] };
    const explained = explainPermissions(alone, placeholders(rule));
    const granted = "grant" in explained ? explained.grant : rule;
    const { account } = rule;
    const doors = "clients, websocket";
    return {
      name: tokensOf(rule),
      account,
      doors,
      publish: lists(granted.publish),
      subscribe: lists(granted.subscribe),
    };
  });
  const services = Object.entries(rules.services).map(([nkey, service]): Holder => {
    const { account, publish, subscribe } = servicePermissions(rules, nkey, service);
    const doors = "clients, websocket";
    return { name: `service ${service.name}`, account, doors, publish: lists(publish), subscribe: lists(subscribe) };
  });
  const users = topology.identity.users.map(({ name, account, permissions, connections, certificateOf }): Holder => {
    const direction = (which: "publish" | "subscribe"): Lists => {
      const { allow = [], deny = [] } = permissions?.[which] ?? {};
      return allow.length + deny.length === 0 ? everything : { allow: allow.length > 0 ? allow : [">"], deny };
    };
    const kinds = connections.map((kind) => doorsOf[kind]).join(", ");
    const doors = certificateOf === undefined ? kinds : `${kinds} with the certificate of ${certificateOf}`;
    return { name: `user ${name}`, account, doors, publish: direction("publish"), subscribe: direction("subscribe") };
  });
  return [...tokens, ...services, ...users];
}

/** The same by subject, account by account. A subject that is denied to somebody is named with it. */
export function accessBySubject(holders: readonly Holder[]): Access[] {
  const found = new Map<string, Access>();
  for (const { name, account, publish, subscribe } of holders)
    for (const [direction, { allow, deny }] of [["publish", publish] as const, ["subscribe", subscribe] as const])
      for (const subject of allow) {
        const key = `${account} ${subject}`;
        const row = found.get(key) ?? { account, subject, publish: [], subscribe: [] };
        row[direction].push(deny.length > 0 ? `${name}, but not ${deny.join(", ")}` : name);
        found.set(key, row);
      }
  const order = ({ account, subject }: Access) => `${account} ${subject}`;
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** A subject of an account that another one imports: who asks or hears what there, and on which subject of its own. */
export interface Shared {
  account: string;
  subject: string;
  kind: "service" | "stream";
  by: string;
  /** In the importing account. */
  as: string;
}

export const sharedBetween = ({ identity }: Topology): Shared[] =>
  identity.accounts.flatMap(({ name, imports }) =>
    imports.map(({ kind, account, subject, to }) => ({ account, subject, kind, by: name, as: to })),
  );

/** Claims whose values are their own placeholders: what is expanded then stands as it is written in the rule. */
function placeholders({
  publish,
  subscribe,
}: AuthRules["permissions"][number]): Record<string, unknown> & { sub: string } {
  const templates = [publish, subscribe].flatMap(({ allow, deny = [] }) => [...allow, ...deny]);
  const claims = templates.flatMap((template) =>
    [...template.matchAll(/\{([^{}]+)\}/g)].map(([, claim = ""]) => claim),
  );
  return { ...Object.fromEntries(claims.map((claim) => [claim, marked(claim)])), sub: marked("sub") };
}

/** Letters and digits alone, which encoding leaves as they are. */
const marked = (claim: string) => `0placeholder${Buffer.from(claim).toString("hex")}0`;

/** Writes placeholders and keys of services in the words of the environment. */
function namesOf({ services }: AuthRules): (subject: string) => string {
  const inboxes = Object.entries(services).map(([nkey, { name }]) => [serviceInboxPrefix(nkey), name] as const);
  return (subject) => {
    const named = inboxes.find(([prefix]) => subject === `${prefix}.>`);
    if (named) return `inboxes of ${named[1]}`;
    if (subject === `${inboxPrefix(marked("sub"))}.>`) return "its own inboxes";
    if (subject === "_INBOX.*.>") return "inboxes of users";
    if (subject === "_R_.>") return "answers to other accounts";
    return subject.replace(/0placeholder([0-9a-f]+)0/g, (_, hex: string) => `{${Buffer.from(hex, "hex")}}`);
  };
}

function tokensOf({ when = [] }: AuthRules["permissions"][number]): string {
  const conditions = when.map(({ claim, equals, includes }) =>
    [claim, ...(equals === undefined ? [] : ["is", String(equals)]), ...(includes ? ["includes", includes] : [])].join(
      " ",
    ),
  );
  return conditions.length === 0 ? "tokens" : `tokens where ${conditions.join(" and ")}`;
}
