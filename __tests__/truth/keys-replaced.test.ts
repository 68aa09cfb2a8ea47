import { rmSync } from "node:fs";
import { join } from "node:path";
import { TestProject } from "../support/project";
import { app, oidc, permissions, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

const project = new TestProject();
const twin = new TestTwin(project, "replaced");
afterAll(async () => {
  await twin.close();
  await project.remove();
});

test("an account whose key was given up is another one on a running twin: up takes it over, and the data of before is named", async () => {
  const identity = {
    mode: "operator" as const,
    sentinel: "server" as const,
    oidc,
    permissions,
    services: { api: app },
  };
  await twin.up(threeServers("replaced", { identity }));
  const before = twin.trust().accounts.APP?.publicKey ?? "";
  rmSync(join(twin.folder.keys, "account-APP.key"));
  await project.run("keys", "init", "replaced", "--twin", "--replace", "account-APP");
  expect(twin.trust().accounts.APP?.publicKey).not.toBe(before);
  const said = await twin.up();
  expect(said).toMatch(/Servers: 3 re/);
  const failed = (await twin.verify()).rows.filter(({ ok }) => !ok);
  expect(failed.map(({ what, seen }) => [what, seen])).toEqual([
    [
      "core: accounts with data are known",
      expect.stringContaining(`${before} is not in the trust file and holds ORDERS`),
    ],
  ]);
});
