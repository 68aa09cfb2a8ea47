import { explainPermissions, servicePermissions } from "../auth-callout/permissions";
import { inboxPrefix, serviceInboxPrefix } from "../client/identity";
import type { TestEnvironment } from "./spec";

/** Claims of a token, as the environment's rules read them. */
export type TestClaims = Readonly<Record<string, unknown>> & { sub: string };

/** What the server knows of a user, in its own words, and what its client has to know. */
export interface ServerUser {
  account: string;
  permissions?: object;
  inboxPrefix?: string;
}

/**
 * Services and people of an environment with the rights that its auth callout gives them: the same rules, read by the same
 * code.
 *
 * @throws Error for people whom the callout would refuse
 */
export function usersOf({ rules }: TestEnvironment, people: Readonly<Record<string, TestClaims>>) {
  const services = Object.entries(rules.services).map(([name, service]): [string, ServerUser] => {
    const { account, publish, subscribe, responses } = servicePermissions(rules, name, service);
    const answers = responses && { allow_responses: { max: responses.max, expires: `${responses.expiresMs}ms` } };
    return [name, { account, permissions: { publish, subscribe, ...answers }, inboxPrefix: serviceInboxPrefix(name) }];
  });
  const holders = Object.entries(people).map(([name, claims]): [string, ServerUser] => {
    if (Object.hasOwn(rules.services, name)) throw new Error(`${name} is a service of the environment already`);
    const explained = explainPermissions(rules, claims);
    if ("denied" in explained) throw new Error(`the environment refuses ${name}: ${explained.detail}`);
    const { account, publish, subscribe } = explained.grant;
    return [name, { account, permissions: { publish, subscribe }, inboxPrefix: inboxPrefix(claims.sub) }];
  });
  return Object.fromEntries([...services, ...holders]);
}
