import { type Environment, formatPath, type Problem } from "../model/config";
import type { Topology } from "../model/topology";
import { AuthRules } from "../runtime/auth-callout/env";
import { toAuthRules } from "../templates/callout-rules";
import { standInTrust } from "./stand-in-trust";

/** Any keys with a correct checksum: what the responder thinks of its rules does not depend on them. */
const keys = {
  account: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  user: "UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABET7",
};

/**
 * Rules with which the auth callout's responders would not start, by the responder's own schema: nobody would get in.
 * What lint finds at the same place is not said twice.
 *
 * @param found places of findings
 */
export function responderProblems(environment: Environment, topology: Topology, found: ReadonlySet<string>): Problem[] {
  const { services } = topology.identity;
  const problems = [
    ...problemsOf(topology, {}),
    ...Object.entries(services).flatMap(([name, service]) => problemsOf(topology, { [name]: service }, name)),
  ];
  const seen = new Set(found);
  return problems.flatMap(({ path, message }) => {
    const place = formatPath(path);
    if (seen.has(place)) return [];
    seen.add(place);
    return [{ path, got: valueAt(environment, path), message: `the responders would not start: ${message}` }];
  });
}

type Services = Topology["identity"]["services"];

/** One service at a time: services are told apart by keys, which are all the same here. */
function problemsOf(topology: Topology, services: Services, service = ""): Pick<Problem, "path" | "message">[] {
  const one = { ...topology, identity: { ...topology.identity, services } };
  const trust = standInTrust(one);
  const rules = toAuthRules(one, trust);
  const accounts = Object.entries(rules.accounts).map(([name, account]) => [
    name,
    topology.identity.mode === "operator" ? { ...account, id: keys.account, signer: keys.account } : account,
  ]);
  const parsed = AuthRules.safeParse({
    ...rules,
    accounts: Object.fromEntries(accounts),
    services: Object.fromEntries(Object.values(rules.services).map((value) => [keys.user, value])),
    leafs: Object.fromEntries(Object.values(rules.leafs ?? {}).map((value) => [keys.user, value])),
  });
  return (parsed.error?.issues ?? []).map(({ path, message }) => ({
    path: asWritten(path.map(asKey), service),
    message,
  }));
}

const asKey = (part: PropertyKey) => (typeof part === "number" ? part : String(part));

/** Where the environment has what the responder names. */
function asWritten([first, ...rest]: Problem["path"], service: string): Problem["path"] {
  if (first === "services") return ["identity", "services", service, ...rest.slice(1)];
  if (first === "maxLifetimeSeconds") return ["identity", "maxLifetime"];
  if (first === "accounts") return ["accounts", ...rest.slice(0, 1)];
  return ["identity", ...(first === undefined ? [] : [first]), ...rest];
}

const valueAt = (value: unknown, path: Problem["path"]): unknown =>
  path.reduce<unknown>((within, key) => (within as Record<string | number, unknown> | undefined)?.[key], value);
