import fc from "fast-check";
import { parseEnvironment } from "../../../model/config";
import { lint, rules } from "../../../model/lint";
import { buildTopology } from "../../../model/topology";
import { environments } from "../../support/lint-arbitrary";
import { parsePlace, today } from "../../support/lint-environment";
import { longRuns } from "../../support/soak";

/** Whether the place, or what it would stand in, is part of the environment. */
function exists(environment: object, pathText: string): boolean {
  let value: unknown = environment;
  for (const part of parsePlace(pathText).slice(0, -1)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return typeof value === "object" && value !== null;
}

test("lint judges every environment that the schema accepts, and names places of it", () => {
  const seen = { accepted: 0, found: new Set<string>() };
  fc.assert(
    fc.property(environments, (input) => {
      const { environment } = parseEnvironment(input);
      if (!environment) return;
      seen.accepted++;
      const topology = buildTopology(environment);
      const { findings, acknowledged } = lint(environment, topology, today);
      for (const { rule, at, message } of [...findings, ...acknowledged]) {
        seen.found.add(rule);
        if (!exists(environment, at)) throw new Error(`${rule}: ${at} is no place of the environment`);
        if (/undefined|NaN|\[object/.test(message)) throw new Error(`${rule}: ${message}`);
      }
      expect(lint(environment, topology, today)).toEqual({ findings, acknowledged });
    }),
    { seed: 20270115, ...longRuns("lint of arbitrary environments", 1500, 20_000) },
  );
  // The property says little when the schema refuses nearly everything, or when most rules never find anything.
  expect(seen.accepted).toBeGreaterThan(200);
  expect(seen.found.size).toBeGreaterThan(rules.length * 0.8);
});
