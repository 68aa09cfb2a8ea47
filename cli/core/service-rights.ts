import type { Environment } from "../../model/config";
import { type Right, rightsOf } from "../../model/topology";
import { servicePermissions } from "../../runtime/auth-callout/permissions";
import type { AuthRules } from "../../runtime/auth-callout/rules";
import { serviceInboxPrefix } from "../../runtime/client";

/**
 * All that the callout gives to a service, each with what it is for: what follows from what it does, what its lists say, and
 * inboxes.
 */
export function serviceRights(environment: Environment, rules: AuthRules, name: string): Right[] {
  const [nkey, rule] = Object.entries(rules.services).find(([, service]) => service.name === name) ?? [];
  const service = environment.identity.services[name];
  if (nkey === undefined || !rule) throw new Error(`the rules have no service ${name}`);
  // Those of natsform's own programs stand in the topology alone: they have what their list says.
  const known = service ? rightsOf(name, service, environment) : [];
  const own = `${serviceInboxPrefix(nkey)}.>`;
  const granted = servicePermissions(rules, nkey, rule);
  return (["publish", "subscribe"] as const).flatMap((direction) =>
    granted[direction].allow.map((subject): Right => {
      const right = known.find((one) => one.direction === direction && one.subject === subject);
      if (right) return right;
      if (subject === "$SYS.REQ.USER.INFO")
        return {
          direction,
          subject,
          does: "asks who it is",
          why: "a server tells account and permissions of the connection",
        };
      if (subject === own)
        return direction === "subscribe"
          ? {
              direction,
              subject,
              does: "everything that is answered",
              why: "answers and messages that are pulled come there",
            }
          : { direction, subject, does: "checks its connection", why: "a check sends itself a message" };
      if (rule[direction].allow.includes(subject))
        return { direction, subject, does: "as its list says", why: `${direction}.allow` };
      return { direction, subject, does: "answers", why: "inboxes of those who may ask it" };
    }),
  );
}
