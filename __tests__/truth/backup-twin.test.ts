import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TestProject } from "../support/project";
import { core, orders, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { storedIds } from "../support/twin-publisher";

// Programs start slowly where other tests keep the machine busy.

const project = new TestProject();
const twin = new TestTwin(project, "backed");

const environment = threeServers("backed", {
  clusters: { core: { ...core, backup: { to: "s3://backups/backed", retention: "30d", encrypt: true } } },
  streams: [{ ...orders, consumers: [{ name: "worker" }] }],
});

beforeAll(async () => {
  await twin.up(environment);
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

const store = (...ids: string[]) =>
  twin.with(twin.service(), async (client) => {
    for (const id of ids) await client.publishToStream(`orders.${id}`, id, { messageId: id });
  });
const stored = () => twin.read((client) => storedIds(client, "ORDERS"));

test("a twin is backed up, proven and restored by its commands", async () => {
  const backup = (command: string, ...args: string[]) => project.natsform("backup", command, "backed", ...args);

  await store("one", "two", "three");
  const made = await backup("run", "--json");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  const [{ id }] = JSON.parse(made.stdout);
  // Beside the twin, not in it: `down --wipe` leaves them alone.
  expect(readdirSync(join(twin.folder.environment, "backups/backed/core/APP"))).toEqual([id]);
  expect((await backup("list")).stdout).toContain(`${id}  complete  1 streams  3 messages`);
  expect(await backup("drill")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("✔ ORDERS: 3 of 3 messages"),
  });

  // Encrypted with a key of the twin's own, which a rotation puts behind a new one.
  const folder = join(twin.folder.environment, "backups/backed/core/APP", id);
  expect(readFileSync(join(folder, "manifest.json"), "utf8")).toMatch(/\nhmac-[0-9a-f]{16}:/);
  expect((await backup("drill", "--unencrypted")).stderr).toContain("there is no complete backup");
  await project.run("keys", "rotate", "backed", "--twin");
  expect(await backup("drill")).toMatchObject({ code: 0 });

  await store("four");
  expect(await backup("restore")).toMatchObject({ code: 1, stdout: expect.stringContaining("! ORDERS: it exists") });
  expect(await stored()).toHaveLength(4);
  const restored = await backup("restore", "--replace", "ORDERS", "--apply");
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining("✔ ORDERS: restored, 3 of 3 messages") });
  expect((await stored()).sort()).toEqual(["one", "three", "two"]);
  // Streams as code recognizes what came back as its own.
  expect(await project.run("streams", "plan", "backed")).not.toMatch(/[+~!] ORDERS/);
});
