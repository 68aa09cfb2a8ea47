import fc from "fast-check";
import { type Environment, parseEnvironment, type Trust } from "../../model/config";
import { buildTopology, type Topology } from "../../model/topology";
import { shipped } from "./config-mutations";
import { environments } from "./lint-arbitrary";

/** Environments that the schema accepts: those that are shipped, and arbitrary ones. */
export const accepted: fc.Arbitrary<Environment> = fc
  .oneof({ arbitrary: environments, weight: 9 }, { arbitrary: fc.constantFrom<unknown>(...shipped), weight: 1 })
  .map((input) => parseEnvironment(input).environment)
  .filter((environment) => environment !== undefined);

export const topologies: fc.Arbitrary<Topology> = accepted.map(buildTopology);

/** Arbitrary environments whose servers know users by nkey, or trust an operator. */
export const inMode = (mode: "callout" | "operator") => topologies.filter(({ identity }) => identity.mode === mode);

export function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

/** A trust file without what is named: as if somebody had removed it by hand. */
export function without(trust: Trust, remove: (trust: Trust) => void): Trust {
  const copy = structuredClone(trust);
  remove(copy);
  return copy;
}
