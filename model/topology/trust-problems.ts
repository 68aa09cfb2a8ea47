import type { Problem, Trust } from "../config";
import type { Topology } from "./model";

/** Keys that the trust file lacks, or has too many of, for this topology. Pure; an empty list means that both fit. */
export function trustProblems({ environment, identity }: Topology, trust: Trust): Problem[] {
  const problems: Problem[] = [];
  const fix = "run natsform keys init";
  if (trust.environment !== environment) {
    problems.push({ path: ["environment"], got: trust.environment, message: `must be ${environment}`, fix });
  }
  const users = [
    ...identity.users.map(({ name }) => name),
    ...Object.keys(identity.services).map((name) => `service-${name}`),
  ];
  for (const name of users.filter((user) => !trust.users[user])) {
    problems.push({ path: ["users", name], got: undefined, message: "is missing: nobody could log in as it", fix });
  }
  for (const name of Object.keys(trust.users).filter((user) => !users.includes(user))) {
    problems.push({ path: ["users", name], got: trust.users[name], message: "is in no configuration any more", fix });
  }
  if (identity.mode !== "operator") return problems;
  const needed: [Problem["path"], unknown][] = [
    [["operator"], trust.operator],
    [["sentinel"], trust.sentinel],
    ...identity.accounts.map(({ name }): [Problem["path"], unknown] => [
      ["accounts", name, "jwt"],
      trust.accounts[name]?.jwt,
    ]),
  ];
  for (const [path, value] of needed) {
    if (value === undefined) problems.push({ path, got: undefined, message: "is required in operator mode", fix });
  }
  return problems;
}
