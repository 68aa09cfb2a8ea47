import { type Allowed, closedSubjects, leafInboxPrefix, mayAsk, overlaps } from "../../runtime/subjects/spec";
import { type Environment, effectiveLists } from "../config";
import type { LeafLink, UserTopology } from "./model";
import { subjectsOfUses } from "./rights";

/**
 * What the links between hubs and leafs may carry. Without lists a link is open for subjects of applications and closed
 * for everything that belongs to somebody: inboxes, JetStream's interface, buckets, servers. A request that crosses a
 * link names an inbox below `_INBOX_<leaf>`, which this link alone carries, so no leaf hears what the others are answered.
 */

type Rights = NonNullable<Environment["clusters"][string]["leafOf"]>["links"][string];
type Permissions = Record<"publish" | "subscribe", Subjects>;

/** A leaf of the environment, a cluster or a foreign one. */
interface Leaf {
  name: string;
  hub: string;
  accounts: readonly string[];
  links: Readonly<Record<string, Rights>>;
  certificate?: "any" | "own";
  purpose: string;
}

/** Every leaf, in the order of the environment's clusters. */
const leafsOf = (env: Environment): Leaf[] =>
  Object.entries(env.clusters).flatMap(([name, { leafOf, foreignLeafs }]) => [
    ...(leafOf ? [{ name, hub: leafOf.cluster, ...leafOf, purpose: `leaf nodes of cluster ${name}` }] : []),
    ...Object.entries(foreignLeafs).map(([leaf, foreign]) => ({
      name: leaf,
      hub: name,
      ...foreign,
      purpose: `leaf node ${leaf}, which natsform does not deploy`,
    })),
  ]);

/** Name of the user with which the leaf nodes of a cluster, or a foreign leaf, log in to their hub. */
const leafUser = (leaf: string, account: string) => `leaf-${leaf}-${account}`;

/** The users with which leafs log in to their hubs: as leaf nodes alone, with the rights of their link. */
export function leafUsers(env: Environment): UserTopology[] {
  const leafs = leafsOf(env);
  return leafs.flatMap((leaf) =>
    leaf.accounts.map((account) => ({
      name: leafUser(leaf.name, account),
      account,
      purpose: leaf.purpose,
      cluster: leaf.hub,
      permissions: permissionsOf(env, leafs, leaf, account),
      connections: ["LEAFNODE" as const],
      ...(leaf.certificate === "own" && { certificateOf: leaf.name }),
    })),
  );
}

/** The links of one leaf. Its own side closes what the hub's user closes, so that no hub reaches into a leaf either. */
export function linksOf(env: Environment, name: string): LeafLink[] {
  const leafs = leafsOf(env);
  return leafs
    .filter((leaf) => leaf.name === name)
    .flatMap((leaf) =>
      leaf.accounts.map((account) => {
        const { publish, subscribe } = permissionsOf(env, leafs, leaf, account);
        const unless = ({ allow, deny }: Subjects) =>
          closedSubjects.filter((space) => deny.includes(space) || !allow.some((subject) => overlaps(subject, space)));
        const [imports, exports] = [unless(subscribe), unless(publish)];
        const both = imports.filter((space) => exports.includes(space));
        return { hub: leaf.hub, account, user: leafUser(name, account), closed: { both, exports } };
      }),
    );
}

/** Who asks over links, for those who answer: inboxes by account, and what may be asked. */
export const askingLinks = (env: Environment): { account: string; inboxes: string; publish: Subjects }[] => {
  const leafs = leafsOf(env);
  return leafs.flatMap((leaf) =>
    leaf.accounts.map((account) => ({
      account,
      inboxes: inboxesOf(leaf.name),
      publish: publishing(env, leaf, account),
    })),
  );
};

const inboxesOf = (leaf: string) => `${leafInboxPrefix(leaf)}.>`;

/** Permissions of the leaf's user at its hub. */
function permissionsOf(env: Environment, leafs: readonly Leaf[], leaf: Leaf, account: string): Permissions {
  const { subscribe, allowResponses } = leaf.links[account] ?? {};
  const publish = publishing(env, leaf, account);
  const hearing = subscribe ?? open;
  const answers = allowResponses ? answersOf(env, leafs, leaf, account, hearing) : [];
  const others = leafs.filter(({ name }) => name !== leaf.name).map(({ name }) => inboxesOf(name));
  return {
    publish: stated({ allow: [...publish.allow, ...answers], deny: publish.deny }, others),
    subscribe: stated({ allow: [...hearing.allow, inboxesOf(leaf.name)], deny: hearing.deny }, others),
  };
}

interface Subjects {
  allow: string[];
  deny: string[];
}
/** What is open where nothing is said. */
const open: Subjects = { allow: [">"], deny: [...closedSubjects] };

/** As servers read it: to them an empty list allows everything. Inboxes of other leafs are closed where all is open. */
function stated({ allow, deny }: Subjects, others: readonly string[]): Subjects {
  if (allow.length === 0) return { allow, deny: [">"] };
  return allow.includes(">") ? { allow: [">"], deny: [...deny, ...others] } : { allow, deny };
}

/** What a link may send by itself, answers apart. */
function publishing(env: Environment, { links }: Leaf, account: string): Subjects {
  const { publish, uses } = links[account] ?? {};
  if (!publish) return open;
  const used = uses ? subjectsOfUses({ uses, account }, env) : [];
  return { allow: [...new Set([...publish.allow, ...used])], deny: publish.deny };
}

const withLists = (service: Environment["identity"]["services"][string]) => ({
  ...service,
  ...effectiveLists(service),
});

/** Inboxes of those who may ask what the link hears: of identities, and of other leafs. */
function answersOf(env: Environment, leafs: readonly Leaf[], leaf: Leaf, account: string, heard: Allowed): string[] {
  const { permissions, services } = env.identity;
  const asked = [...permissions, ...Object.values(services).map(withLists)].some(
    (grant) => grant.account === account && mayAsk(grant.publish, heard),
  );
  const asking = leafs.filter(
    (other) => other !== leaf && other.accounts.includes(account) && mayAsk(publishing(env, other, account), heard),
  );
  return [...(asked ? ["_INBOX.*.>"] : []), ...asking.map(({ name }) => inboxesOf(name))];
}
