import type { Trust } from "../config";
import { calloutKeys, hasKeysOf, type Topology, trustOf } from "../topology";
import { everything, type Narrowed, type OtherChange } from "./model";
import { isSame, namesOf } from "./same";

interface Side {
  topology: Topology;
  trust: Trust;
}

/**
 * What other keys mean to who logs in: a key that is accepted no more ends the rights of whoever holds it. What they do to
 * servers stands with the servers.
 */
export function keyChanges(before: Side, after: Side): { others: OtherChange[]; narrowed: Narrowed[] } {
  const clusters = after.topology.clusters
    .map(({ name }) => name)
    .filter(
      (name) =>
        before.topology.clusters.some((cluster) => cluster.name === name) &&
        [before, after].every(({ trust }) => hasKeysOf(trust, name)),
    );
  const of = ({ topology, trust }: Side, cluster: string): Side => ({ topology, trust: trustOf(trust, cluster) });
  const each = clusters.map((name) => ofCluster(name, of(before, name), of(after, name)));
  const backups: OtherChange[] =
    before.trust.backupKey !== undefined && before.trust.backupKey !== after.trust.backupKey
      ? [
          {
            at: "trust.backupKey",
            what: "backups are encrypted with it from now on; those of before need the one before",
          },
        ]
      : [];
  return {
    others: [...each.flatMap(({ others }) => others), ...backups],
    narrowed: each.flatMap(({ narrowed }) => narrowed),
  };
}

/** Keys that servers accept of a user: the one before, too, while a rotation is not finished. */
const accepted = ({ users, previous }: Trust, user: string): string[] =>
  [users[user], previous?.[`user-${user}`]].filter((key) => key !== undefined);

function ofCluster(cluster: string, before: Side, after: Side): { others: OtherChange[]; narrowed: Narrowed[] } {
  const at = (what: string) => `trust.${cluster}.${what}`;
  const others: OtherChange[] = [];
  const narrowed: Narrowed[] = [];
  const { identity } = after.topology;
  if (identity.mode === "callout" && before.trust.issuer !== after.trust.issuer)
    others.push({ at: at("issuer"), what: "users are signed by another key, which servers read at their start" });
  if (before.trust.xkey !== after.trust.xkey)
    others.push({
      at: at("xkey"),
      what: "servers seal what they ask with another key, which they read at their start",
    });
  for (const [name, { signingKey }] of Object.entries(after.trust.accounts)) {
    const old = before.trust.accounts[name]?.signingKey;
    if (identity.mode === "operator" && old !== undefined && old !== signingKey)
      others.push({ at: at(`accounts.${name}`), what: "its users are signed by another key" });
  }
  // A user that is new or taken out is a change of the environment, and stands with it.
  for (const user of namesOf(before.trust.users, after.trust.users)) {
    const [from, to] = [accepted(before.trust, user), accepted(after.trust, user)];
    if (from.length === 0 || to.length === 0 || isSame(from, to)) continue;
    if (to.some((key) => !from.includes(key))) others.push({ at: at(`users.${user}`), what: "a new key is accepted" });
    const gone = from.filter((key) => !to.includes(key));
    if (gone.length > 0) narrowed.push(ended(before.topology, at(`users.${user}`), user, gone));
  }
  if (calloutKeys(before.topology, before.trust, cluster) !== calloutKeys(after.topology, after.trust, cluster))
    others.push({
      at: at("responders"),
      what: "the callout's responders are replaced, before servers ask with other keys",
    });
  return { others, narrowed };
}

function ended({ identity }: Topology, at: string, user: string, gone: readonly string[]): Narrowed {
  const keys = gone.map((key) => `${key.slice(0, 8)}…`).join(", ");
  const service = user.startsWith("service-") ? user.slice("service-".length) : undefined;
  const account = service === undefined ? undefined : identity.services[service]?.account;
  return {
    at,
    who: service === undefined ? `who logs in as ${user} with ${keys}` : `service ${service} with ${keys}`,
    what: [everything],
    account: account ?? identity.users.find(({ name }) => name === user)?.account ?? identity.systemAccount,
    keptMs: service === undefined ? 0 : identity.maxLifetimeMs,
  };
}
