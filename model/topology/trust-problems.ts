import type { Problem, Trust } from "../config";
import { hasKeysOf } from "./cluster-keys";
import type { Topology } from "./model";

/** Keys that the trust file lacks, or has too many of, for this topology. Pure; an empty list means that both fit. */
export function trustProblems({ environment, identity, clusters }: Topology, trust: Trust): Problem[] {
  const problems: Problem[] = [];
  const fix = "run natsform keys init";
  const say = (path: Problem["path"], got: unknown, message: string) => problems.push({ path, got, message, fix });
  const needs = (path: Problem["path"], value: unknown) => {
    if (value === undefined) say(path, undefined, "is required in operator mode");
  };
  if (trust.environment !== environment) say(["environment"], trust.environment, `must be ${environment}`);

  const services = Object.keys(identity.services).map((name) => `service-${name}`);
  const common = [
    ...identity.users.filter(({ cluster }) => cluster !== undefined).map(({ name }) => name),
    ...services,
  ];
  const check = (path: Problem["path"], users: Trust["users"], desired: readonly string[]) => {
    for (const name of desired.filter((user) => !users[user]))
      say([...path, "users", name], undefined, "is missing: nobody could log in as it");
    for (const name of Object.keys(users).filter((user) => !desired.includes(user)))
      say([...path, "users", name], users[name], "is in no configuration any more");
  };
  const own = identity.users.filter(({ cluster }) => cluster === undefined).map(({ name }) => name);
  check([], trust.users, [...own, ...common]);
  for (const [name, { users }] of Object.entries(trust.clusters ?? {})) {
    if (clusters.some((cluster) => cluster.name === name)) check(["clusters", name], users, own);
    else say(["clusters", name], undefined, "is no cluster of the environment any more");
  }
  for (const { name } of clusters.filter((cluster) => !hasKeysOf(trust, cluster.name)))
    say(["clusters", name], undefined, "is missing: the cluster has no keys");

  if (identity.mode !== "operator") return problems;
  needs(["operator"], trust.operator);
  needs(["sentinel"], trust.sentinel);
  for (const { name } of identity.accounts) {
    needs(["accounts", name, "jwt"], trust.accounts[name]?.jwt);
    for (const [cluster, { accounts }] of Object.entries(trust.clusters ?? {}))
      needs(["clusters", cluster, "accounts", name, "jwt"], accounts?.[name]?.jwt);
  }
  return problems;
}
