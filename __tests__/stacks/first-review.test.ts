import { type PlanJson, readPlan } from "../../model/review";
import {
  contextOf,
  projectWithCode,
  shippedEnvironments,
  synthesized,
  temporaryFolder,
  variants,
} from "../support/stacks";

const root = projectWithCode();
const outdir = temporaryFolder();

/** A first deployment of a stack as Terraform plans it: everything is made, and nothing of it is known but what is written. */
function firstPlan({ resource }: { resource: Record<string, Record<string, object>> }): PlanJson {
  const all = Object.entries(resource).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, attributes]) => ({ type, name, address: `${type}.${name}`, attributes })),
  );
  return {
    format_version: "1.2",
    complete: true,
    resource_changes: all.map(({ type, name, address, attributes }) => {
      const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
      const isKnown = ([, value]: [string, unknown]) => !JSON.stringify(value).includes("${");
      const after = Object.fromEntries(written.filter(isKnown));
      const unknown = written.filter((one) => !isKnown(one)).map(([key]) => [key, true]);
      const change = { actions: ["create"], before: null, after, after_unknown: Object.fromEntries(unknown) };
      return { ...{ address, mode: "managed", type, name, change } };
    }),
    synthesized: Object.fromEntries(all.map(({ address, attributes }) => [address, attributes])),
  } as PlanJson;
}

test("nothing stands against a first deployment of what natsform makes", async () => {
  const contexts = [
    ...(await Promise.all(shippedEnvironments().map((name) => contextOf(name, root)))),
    ...(await variants(root)),
  ];
  const stacks = Object.values(synthesized(contexts, outdir));
  expect(stacks.length).toBeGreaterThan(10);
  const findings = stacks.flatMap((stack) =>
    readPlan(firstPlan(stack), stack.name).findings.map(
      ({ rule, at, message }) => `${stack.name}: ${at}: ${message} (${rule})`,
    ),
  );
  expect(findings).toEqual([]);
});
