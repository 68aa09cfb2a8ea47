import { tokensOf } from "../../runtime/subjects/spec";
import { type Environment, effectiveLists } from "../config";
import { type EnvironmentRule, pathText } from "./context";
import type { Hit } from "./rule";

/** Checks that rules of permissions do what they seem to do. */

type Permission = Environment["identity"]["permissions"][number];
const directions = ["publish", "subscribe"] as const;

/** Two conditions that no token fulfils together. */
function contradiction({ when }: Permission): string | undefined {
  for (const [i, { claim, equals }] of when.entries()) {
    const other = when
      .slice(0, i)
      .find((earlier) => earlier.claim === claim && equals !== undefined && (earlier.equals ?? equals) !== equals);
    if (other) return `claim ${claim} cannot equal ${other.equals} and ${equals}`;
  }
  return undefined;
}

const unreachable: EnvironmentRule = {
  id: "permission-unreachable",
  severity: "error",
  title: "A rule of permissions never applies",
  reason:
    "The first rule that applies decides the account, and rules of other accounts no longer count. What the rule grants, or denies, nobody ever gets.",
  fix: "put rules with conditions before the rule without one",
  check: ({ environment: { identity } }) =>
    identity.permissions.flatMap((rule, i): Hit[] => {
      const impossible = contradiction(rule);
      if (impossible) {
        const fix = "remove one of the conditions";
        return [{ at: pathText("identity", "permissions", i, "when"), message: impossible, fix }];
      }
      const decider = identity.permissions.slice(0, i).find(({ when }) => when.length === 0);
      return decider && decider.account !== rule.account
        ? [
            {
              at: pathText("identity", "permissions", i, "account"),
              message: `rule ${identity.permissions.indexOf(decider)} applies to every token and decides for account ${decider.account}`,
            },
          ]
        : [];
    }),
};

const nothing: EnvironmentRule = {
  id: "permission-grants-nothing",
  severity: "warning",
  title: "A rule or service is granted nothing",
  reason:
    "An empty list grants nothing here (to NATS it would mean everything): the identity gets in and can do nothing.",
  fix: "allow what it is for, or remove it",
  check: ({ environment: { identity } }) => {
    const empty = ({
      publish,
      subscribe,
      allowResponses,
    }: Pick<Permission, "publish" | "subscribe"> & { allowResponses: unknown }) =>
      [publish, subscribe].every(({ allow, deny }) => allow.length + deny.length === 0) && !allowResponses;
    return [
      ...identity.permissions.map((rule, i) => ({ rule, path: ["identity", "permissions", i] })),
      ...Object.entries(identity.services).map(([name, service]) => {
        return { rule: { ...service, ...effectiveLists(service) }, path: ["identity", "services", name] };
      }),
    ]
      .filter(({ rule }) => empty(rule))
      .map(({ path }) => ({ at: pathText(...path), message: "allows neither publish nor subscribe" }));
  },
};

const denyAlone: EnvironmentRule = {
  id: "deny-without-allow",
  severity: "warning",
  title: "Subjects are denied where none is allowed",
  reason:
    "To NATS a deny list alone means everything else. natsform grants what is allowed and nothing more, so such a list has no effect.",
  fix: "state what is allowed",
  check: ({ environment: { identity } }) => {
    const allowedTo = (account: string, direction: (typeof directions)[number]) =>
      identity.permissions.some((rule) => rule.account === account && rule[direction].allow.length > 0);
    const report = (path: (string | number)[], direction: string) => ({
      at: pathText(...path, direction, "deny"),
      message: `${direction} denies subjects and nothing is allowed`,
    });
    return directions.flatMap((direction) => [
      // Rules of an account add up: one may deny what another allows.
      ...identity.permissions.flatMap((rule, i) =>
        rule[direction].deny.length > 0 && !allowedTo(rule.account, direction)
          ? [report(["identity", "permissions", i], direction)]
          : [],
      ),
      ...Object.entries(identity.services).flatMap(([name, service]) =>
        service[direction].deny.length > 0 && effectiveLists(service)[direction].allow.length === 0
          ? [report(["identity", "services", name], direction)]
          : [],
      ),
    ]);
  },
};

/** Every subject of a rule or service with its path. */
function subjectsOf(grant: Pick<Permission, "publish" | "subscribe">, path: readonly (string | number)[]) {
  return directions.flatMap((direction) =>
    (["allow", "deny"] as const).flatMap((list) =>
      grant[direction][list].map((template, i) => ({ template, at: pathText(...path, direction, list, i) })),
    ),
  );
}

const servicePlaceholder: EnvironmentRule = {
  id: "service-placeholder",
  severity: "error",
  impossible: true,
  title: "A service's subject has a placeholder",
  reason:
    "A service logs in with a key and has no claims. The responder refuses such rules and does not start, so nobody gets in.",
  fix: "write the subject out",
  check: ({ environment: { identity } }) =>
    Object.entries(identity.services).flatMap(([name, service]) =>
      subjectsOf(service, ["identity", "services", name])
        .filter(({ template }) => template.includes("{"))
        .map(({ template, at }) => ({ at, message: `${template} has a placeholder` })),
    ),
};

/** Claims of RFC 7519 that are the same for everybody, or different in every token. */
const anonymousClaims: Record<string, string> = {
  iss: "is the same for everybody",
  aud: "is the same for everybody",
  exp: "is different in every token",
  nbf: "is different in every token",
  iat: "is different in every token",
  jti: "is different in every token",
};

const placeholderClaim: EnvironmentRule = {
  id: "placeholder-claim",
  severity: "warning",
  title: "A placeholder stands for a claim that says nothing about the user",
  reason:
    "A claim that all users share does not separate them, and one that changes with every token gives the user other subjects after each login.",
  fix: "use {sub}, or a claim that says who the user is",
  check: ({ environment: { identity } }) =>
    identity.permissions.flatMap((rule, i) =>
      subjectsOf(rule, ["identity", "permissions", i]).flatMap(({ template, at }) =>
        tokensOf(template).flatMap((token) => {
          const claim = token.startsWith("{") ? token.slice(1, -1) : "";
          const why = Object.hasOwn(anonymousClaims, claim) ? anonymousClaims[claim] : undefined;
          return why ? [{ at, message: `claim ${claim} ${why}` }] : [];
        }),
      ),
    ),
};

export const permissionRules: readonly EnvironmentRule[] = [
  unreachable,
  nothing,
  denyAlone,
  servicePlaceholder,
  placeholderClaim,
];
