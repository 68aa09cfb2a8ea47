import { inboxPrefix, serviceInboxPrefix } from "../client/identity";
import { leafInboxPrefix, mayAsk } from "../subjects/spec";
import type { AuthRules, Service } from "./rules";

/**
 * Where somebody may answer: in the inboxes of those who may ask it, and nowhere else. Those of another account are
 * answered through the server.
 *
 * NATS's own `allow_responses` is no such thing: a server makes the reply subject of every message that it delivers
 * publishable, whoever chose it, and looks neither at `deny` nor at what the subject is. Whoever may ask could so have a
 * stream purged, or a subject written that is not its own.
 */
export interface Answers {
  allow: string[];
  deny: string[];
}

/**
 * Where those of other accounts are answered. A server gives each request that comes over an import a reply subject of
 * its own there, `_R_.` with two parts by chance, which only those who receive the request know. It takes the one answer
 * back to the subject that the asker named, in the asker's account, and looks at the right of whoever answers to publish
 * to its own subject alone (nats-server 2.15.2).
 */
const ACROSS_ACCOUNTS = "_R_.>";
const acrossAccounts = ({ accounts }: AuthRules, account: string, answerer: Subjects): string[] =>
  mayAsk({ allow: accounts[account]?.asked ?? [] }, answerer.subscribe) ? [ACROSS_ACCOUNTS] : [];

type Subjects = Pick<Service, "publish" | "subscribe">;

/** Inboxes of the account's services, and whether each may ask. */
const servicesOf = ({ services }: AuthRules, account: string, answerer: Subjects) =>
  Object.entries(services)
    .filter(([, service]) => service.account === account)
    .map(([nkey, service]) => ({
      inboxes: `${serviceInboxPrefix(nkey)}.>`,
      asks: mayAsk(service.publish, answerer.subscribe),
    }));

/** The same inboxes below each root that identities have: on a leaf its link's too. */
export const belowRoots = ({ leaf }: Pick<AuthRules, "leaf">, inboxes: readonly string[]): string[] =>
  leaf === undefined
    ? [...inboxes]
    : inboxes.flatMap((subject) => [subject, subject.replace(/^_INBOX(?=\.)/, leafInboxPrefix(leaf))]);

/**
 * Where a service may answer. Where holders of tokens may ask it, their inboxes are all that have an identity's form;
 * those of services that may not ask are excepted. Those behind a leaf node are answered in the inboxes of their link.
 */
export function answersOfService(rules: AuthRules, nkey: string, service: Service): Answers {
  const services = servicesOf(rules, service.account, service);
  const users = rules.permissions.some(
    (rule) => rule.account === service.account && mayAsk(rule.publish, service.subscribe),
  );
  const links = (rules.links ?? [])
    .filter((link) => link.account === service.account && mayAsk(link.publish, service.subscribe))
    .map(({ inboxes }) => inboxes);
  const own = `${serviceInboxPrefix(nkey)}.>`;
  const beyond = [...links, ...acrossAccounts(rules, service.account, service)];
  const asking = services.filter(({ asks }) => asks).map(({ inboxes }) => inboxes);
  if (!users) return { allow: [...belowRoots(rules, asking), ...beyond], deny: [] };
  const others = services.filter(({ asks, inboxes }) => !asks && inboxes !== own).map(({ inboxes }) => inboxes);
  return { allow: [...belowRoots(rules, ["_INBOX.*.>"]), ...beyond], deny: belowRoots(rules, others) };
}

/**
 * Where the holder of a token may answer: to services, and to itself on another device. Not to other holders: it could
 * write into the inboxes of all.
 *
 * @param granted what it may publish and subscribe to, expanded
 */
export function answersOfUser(rules: AuthRules, account: string, sub: string, granted: Subjects): Answers {
  const services = servicesOf(rules, account, granted).filter(({ asks }) => asks);
  const own = mayAsk(granted.publish, granted.subscribe) ? [`${inboxPrefix(sub)}.>`] : [];
  const inboxes = belowRoots(rules, [...services.map((service) => service.inboxes), ...own]);
  return { allow: [...inboxes, ...acrossAccounts(rules, account, granted)], deny: [] };
}
