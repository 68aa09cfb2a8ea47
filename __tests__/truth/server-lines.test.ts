import { testedReleases } from "../../model/config/server-releases";
import { TestProject } from "../support/project";
import { onEachRelease } from "../support/releases";
import { core, orders, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { storedIds } from "../support/twin-publisher";

const project = new TestProject();
afterAll(() => project.remove());

/** Every row of verify, which must all be proven. */
async function proven(twin: TestTwin) {
  const { code, rows } = await twin.verify();
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(code).toBe(0);
  return rows;
}
const seenOf = (rows: { what: string; seen: string }[], what: string) =>
  rows.filter((row) => row.what.endsWith(what)).map(({ seen }) => seen);

async function during(twin: TestTwin, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await twin.close();
    await project.run("down", twin.name, "--now");
  }
}

describe.each(onEachRelease)("a twin of nats-server $title", ({ version, test }) => {
  test("is proven by verify, row by row", async () => {
    const name = `line-${version.replaceAll(".", "-")}`;
    const twin = new TestTwin(project, name);
    await during(twin, async () => {
      await twin.up(threeServers(name, { nats: { version } }));
      const rows = await proven(twin);
      const versions = seenOf(rows, "version and names");
      expect(versions.filter((seen) => seen.endsWith(version))).toHaveLength(3);
      expect(seenOf(rows, "core: meta quorum")).toEqual([expect.stringMatching(/3 peers, 2 followers current$/)]);
    });
  });
});

const [newer, older] = testedReleases;
const both = onEachRelease.every(({ program }) => program !== "") ? test : test.skip;

both(
  `from ${older} to ${newer}: nothing is lost, and older backups stay good (skipped unless both are built)`,
  async () => {
    const twin = new TestTwin(project, "moved");
    const environment = (version: string) =>
      threeServers("moved", {
        nats: { version },
        clusters: { core: { ...core, backup: { to: "s3://backups/moved", retention: "30d" } } },
        streams: [{ ...orders, consumers: [{ name: "worker" }] }],
      });
    const store = (...ids: string[]) =>
      twin.with(twin.service(), async (client) => {
        for (const id of ids) await client.publishToStream(`orders.${id}`, id, { messageId: id });
      });
    const backup = (...args: string[]) => project.natsform("backup", args[0] ?? "", "moved", ...args.slice(1));
    await during(twin, async () => {
      await twin.up(environment(older));
      await store("one", "two");
      const made = await backup("run", "--json");
      expect(made.code).toBe(0);
      const [{ id: old }] = JSON.parse(made.stdout);

      expect(await twin.up(environment(newer))).toMatch(/Servers: 3 (restarted|rolled)/);
      expect(seenOf(await proven(twin), "version and names").every((seen) => seen.endsWith(newer))).toBe(true);
      expect((await backup("drill")).stdout).toContain("✔ ORDERS: 2 of 2 messages");
      await store("three");
      const stored = await twin.read((client) => storedIds(client, "ORDERS"));
      expect(stored.sort()).toEqual(["one", "three", "two"]);
      expect((await backup("run")).code).toBe(0);
      expect((await backup("drill")).stdout).toContain("✔ ORDERS: 3 of 3 messages");
      expect(await backup("restore", "--id", old, "--replace", "ORDERS", "--apply")).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("restored, 2 of 2 messages"),
      });

      // Back to the older line: what the newer one wrote cannot be read there, and nobody finds out half-way.
      project.write(environment(older));
      const refused = await backup("drill");
      expect(refused.code).toBe(1);
      expect(refused.stdout + refused.stderr).toContain(`whose snapshots ${older} cannot read`);
    });
  },
);
