import { covers, widest } from "../../runtime/subjects/spec";
import type { Topology } from "../topology";
import { everything, type Narrowed } from "./model";
import { isSame } from "./same";

interface Direction {
  allow?: readonly string[];
  deny?: readonly string[];
}

interface Grant {
  account: string;
  publish?: Direction;
  subscribe?: Direction;
  allowResponses?: boolean | string;
}

/**
 * Rights that somebody has and no longer gets. The callout gives them for a time: whoever is connected keeps them until that
 * ends, for as long as the environment of before allows.
 */
export function narrowedGrants(before: Topology, after: Topology): Narrowed[] {
  const keptMs = before.identity.maxLifetimeMs;
  return [
    ...tokens(before, after).map((one) => ({ ...one, keptMs })),
    ...rules(before, after).map((one) => ({ ...one, keptMs })),
    ...services(before, after).map((one) => ({ ...one, keptMs })),
    ...users(before, after),
  ];
}

/** Subjects of one direction that were allowed and are no longer. */
function lost(direction: string, before: Direction = {}, after: Direction = {}): string[] {
  const stays = (subject: string) => (after.allow ?? []).some((wide) => covers(wide, subject));
  const gone = (before.allow ?? []).filter((subject) => !stays(subject));
  // What is denied anew takes away where something of it was allowed.
  const denied = (after.deny ?? []).filter(
    (subject) =>
      !(before.deny ?? []).some((wide) => covers(wide, subject)) &&
      (before.allow ?? []).some((allowed) => covers(widest(allowed), subject) || covers(subject, widest(allowed))),
  );
  return [...gone.map((subject) => `${direction} ${subject}`), ...denied.map((subject) => `${direction} ${subject}`)];
}

function takenAway(before: Grant, after: Grant | undefined): string[] {
  if (!after) return [everything];
  if (before.account !== after.account) return [`account ${before.account}`];
  const answers =
    before.allowResponses && before.allowResponses !== after.allowResponses && after.allowResponses !== "any-subject";
  return [
    ...lost("publish", before.publish, after.publish),
    ...lost("subscribe", before.subscribe, after.subscribe),
    ...(answers ? ["answers to requests"] : []),
  ];
}

type Held = Omit<Narrowed, "keptMs">;

/** Tokens of before that are no longer accepted. */
function tokens({ identity: from }: Topology, { identity: to }: Topology): Held[] {
  const fields = (["issuer", "audience", "jwksUri", "algorithms"] as const).filter(
    (field) => !isSame(from.oidc[field], to.oidc[field]),
  );
  if (fields.length === 0) return [];
  return [...new Set(from.permissions.map(({ account }) => account))].map((account) => ({
    at: "identity.oidc",
    who: "users with a token",
    account,
    what: [`tokens by another ${fields.join(", ")}`],
  }));
}

/** Rules are known by whom they are for: account and conditions. Those for the same users add up. */
function rules({ identity: from }: Topology, { identity: to }: Topology): Held[] {
  const forSame = (all: typeof to.permissions, { account, when }: (typeof to.permissions)[number]) =>
    all.filter((rule) => rule.account === account && isSame(rule.when, when));
  return from.permissions.flatMap((rule, i) => {
    const before = forSame(from.permissions, rule);
    if (before[0] !== rule) return [];
    const after = forSame(to.permissions, rule);
    const what = takenAway(
      together(rule.account, before),
      after.length === 0 ? undefined : together(rule.account, after),
    );
    if (what.length === 0) return [];
    const when = rule.when.map(({ claim, equals, includes }) => `${claim} ${equals ?? includes ?? ""}`.trim());
    const who = when.length === 0 ? "users with a token" : `users with ${when.join(" and ")}`;
    return [{ at: `identity.permissions[${i}]`, who, account: rule.account, what }];
  });
}

const together = (account: string, grants: readonly Grant[]): Grant => {
  const merged = (of: "publish" | "subscribe") => ({
    allow: grants.flatMap((grant) => grant[of]?.allow ?? []),
    deny: grants.flatMap((grant) => grant[of]?.deny ?? []),
  });
  return {
    account,
    publish: merged("publish"),
    subscribe: merged("subscribe"),
    allowResponses: grants.some(({ allowResponses }) => allowResponses),
  };
};

const services = ({ identity: from }: Topology, { identity: to }: Topology): Held[] =>
  Object.entries(from.services).flatMap(([name, service]) => {
    const what = takenAway(service, to.services[name]);
    return what.length === 0
      ? []
      : [{ at: `identity.services.${name}`, who: `service ${name}`, account: service.account, what }];
  });

/**
 * Users that servers know by themselves: servers drop or narrow them when they load the change. In operator mode their rights
 * stand in credentials that somebody holds. A leaf whose certificate the callout judges has its rights from there.
 */
function users({ identity: from }: Topology, { identity: to }: Topology): Narrowed[] {
  return from.users.flatMap((user) => {
    const isAdmitted = user.certificateOf !== undefined;
    const kept = isAdmitted ? { keptMs: from.maxLifetimeMs } : from.mode === "callout" ? { keptMs: 0 } : {};
    const now = to.users.find(({ name }) => name === user.name);
    // Without permissions a user may do everything.
    const all = (permissions: typeof user.permissions) =>
      permissions ?? { publish: { allow: [">"] }, subscribe: { allow: [">"] } };
    const what = takenAway(
      { account: user.account, ...all(user.permissions) },
      now && { account: now.account, ...all(now.permissions) },
    );
    return what.length === 0
      ? []
      : [{ at: `user ${user.name}`, who: user.purpose, account: user.account, what, ...kept }];
  });
}
