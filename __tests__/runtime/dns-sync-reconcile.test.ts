import fc from "fast-check";
import type { Aws } from "../../runtime/dns-sync/aws";
import { DnsSyncEnv } from "../../runtime/dns-sync/env";
import { allPages, batches } from "../../runtime/dns-sync/pages";
import { reconcile } from "../../runtime/dns-sync/reconcile";
import { healthyTasks } from "../../runtime/dns-sync/tasks";
import { virtualAws } from "../support/dns-virtual-aws";
import { VirtualZone } from "../support/dns-virtual-zone";

const statuses = { lastStatus: "RUNNING", desiredStatus: "RUNNING", healthStatus: "HEALTHY" } as const;
const env = DnsSyncEnv.parse({
  ECS_CLUSTER: "demo",
  ECS_SERVICES: "demo-core-0, demo-core-1",
  HOSTED_ZONE_ID: "Z1",
  RECORD_NAME: "nats.example.com",
  OWNERSHIP_RECORD_NAME: "_natsform.nats.example.com",
  OWNER: "natsform:demo/core",
});
const ownership = {
  Name: "_natsform.nats.example.com.",
  Type: "TXT" as const,
  TTL: 300,
  ResourceRecords: [{ Value: '"natsform:demo/core"' }],
};

test.each([
  [{}, true],
  [{ group: "service:demo-core-10" }, false],
  [{ group: "family:demo-core-0" }, false],
  [{ group: undefined }, false],
  [{ lastStatus: "PENDING" }, false],
  [{ lastStatus: "DEACTIVATING" }, false],
  [{ desiredStatus: "STOPPED" }, false],
  [{ healthStatus: "UNHEALTHY" as const }, false],
  [{ healthStatus: "UNKNOWN" as const }, false],
  [{ healthStatus: undefined }, false],
])("a task with %j takes clients: %s", (difference, takes) => {
  const task = { taskArn: "task/1", group: "service:demo-core-0", ...statuses, ...difference };
  expect(healthyTasks([task], env.ECS_SERVICES)).toEqual(takes ? [task] : []);
});

test("all pages are read, in order, and batches hold everything once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 7 }), async (items, size) => {
      const pages = batches(items, size);
      expect(pages.flat()).toEqual(items);
      expect(pages.every((page) => page.length > 0 && page.length <= size)).toBe(true);
      const read = async (next = "0") => ({
        items: pages[Number(next)] ?? [],
        next: Number(next) + 1 < pages.length ? `${Number(next) + 1}` : undefined,
      });
      expect(await allPages(read)).toEqual(items);
    }),
  );
});

/** A cloud of so many servers, and a note of each request that reaches it. */
function manyServers(count: number) {
  const tasks = Array.from({ length: count }, (_, i) => ({
    arn: `task/${i}`,
    service: `demo-core-${i % 2}`,
    interfaceId: `eni-${i}`,
    ...statuses,
  }));
  const addresses = new Map(tasks.map(({ interfaceId }, i) => [interfaceId, `198.51.${i >> 8}.${i & 255}`]));
  const zone = new VirtualZone([ownership]);
  const aws = virtualAws({ request: () => ({ tasks, addresses }), answer: () => {}, zone, pageSize: 30 });
  const asked: { what: string; items: number }[] = [];
  const noted = new Proxy(aws, {
    get: (target, name: keyof Aws) => {
      const call = target[name] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        asked.push({ what: name, items: Array.isArray(given[0]) ? given[0].length : 0 });
        return call(...given);
      };
    },
  });
  return { aws: noted, asked, zone, addresses };
}

test("hundreds of servers are asked for in batches that AWS takes", async () => {
  const { aws, asked, zone, addresses } = manyServers(450);
  const { record } = await reconcile(aws, env);
  expect(record).toBe("changed");
  expect(zone.addresses("nats.example.com")).toEqual([...addresses.values()].sort());
  const most = (what: string) => Math.max(...asked.filter((one) => one.what === what).map(({ items }) => items));
  expect(most("describeTasks")).toBe(100);
  expect(most("describeInterfaces")).toBe(200);
});

test("the record is read last, right before it is written, and not looked at again", async () => {
  const { aws, asked } = manyServers(2);
  await reconcile(aws, env);
  expect(asked.map(({ what }) => what)).toEqual([
    "listTasks",
    "listTasks",
    "describeTasks",
    "describeInterfaces",
    "listRecordSets",
    "listRecordSets",
    "changeRecord",
  ]);
});

test("no tasks ask for no descriptions: AWS takes no empty lists", async () => {
  const { aws, asked } = manyServers(0);
  expect((await reconcile(aws, env)).record).toBe("kept");
  expect(asked.map(({ what }) => what)).not.toContain("describeTasks");
  expect(asked.map(({ what }) => what)).not.toContain("describeInterfaces");
});

test("a healthy task without a public address is left out and named", async () => {
  const { aws, addresses } = manyServers(3);
  addresses.delete("eni-1");
  const outcome = await reconcile(aws, env);
  expect(outcome.healthy).toEqual(["198.51.0.0", "198.51.0.2"]);
  expect(outcome.withoutAddress).toEqual(["task/1"]);
});
