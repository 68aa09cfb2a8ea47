import { AuthRules } from "./rules";

/** Permissions as an application states them beside a handler; `{userId}` is the token's `sub`. */
export interface SubscriptionPermissions {
  permissions?: { pub?: { allow?: readonly string[] }; sub?: { allow?: readonly string[] } };
}

/**
 * The checked rules, with the permissions of the subscriptions granted to every valid token.
 *
 * @throws ZodError for subjects that the rules refuse, `_INBOX.>` above all
 * @throws Error when there are subscriptions but not exactly one account that they could be for
 */
export function withSubscriptions(rules: AuthRules, subscriptions: readonly SubscriptionPermissions[]): AuthRules {
  if (subscriptions.length === 0) return AuthRules.parse(rules);
  const [account, ...others] = Object.keys(rules.accounts);
  if (account === undefined || others.length > 0)
    throw new Error("subscriptions are for rules with one account; write a rule for each account instead");
  const allowed = (direction: "pub" | "sub") => ({
    allow: subscriptions.flatMap(({ permissions }) => permissions?.[direction]?.allow ?? []).map(toTemplate),
  });
  const everyone = { account, publish: allowed("pub"), subscribe: allowed("sub") };
  return AuthRules.parse({ ...rules, permissions: [...rules.permissions, everyone] });
}

const toTemplate = (subject: string) => subject.replaceAll("{userId}", "{sub}");
