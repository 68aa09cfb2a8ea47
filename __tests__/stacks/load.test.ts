import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadContexts } from "../../stacks/load";
import { contextOf, repository, temporaryFolder } from "../support/stacks";

const today = "2027-01-15";

const keys = temporaryFolder();
/** Projects with the environment `demo`, and the example keys that it is shipped with. */
const [example, owned, stray] = Array.from({ length: 3 }, () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "environments"));
  for (const file of ["demo.ts", "demo.trust.json"])
    cpSync(join(repository, "environments", file), join(root, "environments", file));
  return root;
}) as [string, string, string];
beforeAll(async () => {
  const { trust } = await contextOf("demo", keys);
  for (const root of [owned, stray])
    writeFileSync(join(root, "environments", "demo.trust.json"), JSON.stringify(trust));
});
const load = (root: string, more: object = {}) => loadContexts({ root, environments: [], ...more }, today);
async function errorsOf(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.then(
    () => undefined,
    (reason) => reason,
  );
  return error instanceof AggregateError ? error.errors.map((one) => `${one.message ?? one}`).join("\n") : "";
}

test("keys that nobody holds are not deployed, whichever command synthesizes", async () => {
  expect(await errorsOf(load(example))).toMatch(/nobody holds/);
});

test("a real environment keeps its protection, and an emulated one is thrown away", async () => {
  const [real] = await load(owned);
  const [emulated] = await load(owned, { emulatorEndpoint: "http://127.0.0.1:1" });
  expect([real, emulated].map((context) => context?.environment.deletionProtection)).toEqual([true, false]);
});

test("a file that belongs to no environment stops everything: somebody took it for one", async () => {
  writeFileSync(join(stray, "environments", "gone.trust.json"), "{}");
  expect(await errorsOf(load(stray))).not.toBe("");
});
