import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { type DnsCloud, startDnsCloud } from "../support/dns-cloud";
import { type DeployedFunction, startFunction } from "../support/dns-function";
import { addressRecord, ownership, recordName } from "../support/dns-records";
import type { RunningServer } from "../support/dns-servers";

const services = ["demo-core-0", "demo-core-1", "demo-core-2"];
const foreign: ResourceRecordSet[] = [
  { Name: `www.${recordName}`, Type: "A", TTL: 60, ResourceRecords: [{ Value: "203.0.113.7" }] },
  { Name: recordName, Type: "AAAA", TTL: 60, ResourceRecords: [{ Value: "2001:db8::1" }] },
  { Name: "example.com", Type: "TXT", TTL: 60, ResourceRecords: [{ Value: '"natsform:demo/core"' }] },
];

let cloud: DnsCloud;
let deployed: DeployedFunction;
let servers: RunningServer[] = [];

const addresses = (...chosen: RunningServer[]) => chosen.map(({ address }) => address).sort();
const changes = () => cloud.proxy.requests.filter(({ action }) => action === "ChangeResourceRecordSets").length;
const others = async () => {
  const sets = await cloud.zone();
  return JSON.stringify(sets.filter(({ Name, Type }) => Name !== `${recordName}.` || Type !== "A"));
};

beforeAll(async () => {
  cloud = await startDnsCloud();
  deployed = await startFunction(cloud.environment(services));
  await cloud.put(...foreign, ownership());
  for (const service of services) servers.push(await cloud.runServer(service));
  // A program of the same ECS cluster, with a public address and good health.
  await cloud.runServer("demo-core-auth-callout");
});
beforeEach(async () => {
  cloud.health.clear();
  cloud.proxy.decide = () => undefined;
  await cloud.put(ownership(), addressRecord(...addresses(...servers)));
});
afterAll(async () => {
  await deployed?.stop();
  await cloud?.stop();
});

test("the record lists the healthy servers, and other records stay as they are", async () => {
  const before = await others();
  await cloud.put(addressRecord("192.0.2.1"));
  const { outcome, metrics } = await deployed.invoke();
  expect(outcome).toMatchObject({ record: "changed", before: ["192.0.2.1"], after: addresses(...servers) });
  expect(await cloud.listed()).toEqual(addresses(...servers));
  expect(metrics).toMatchObject({ HealthyServers: 3, RecordChanges: 1, OwnershipRefusals: 0, Failures: 0 });
  expect(await others()).toBe(before);
});

test("a record that already lists them is not written", async () => {
  const before = changes();
  const { outcome, metrics } = await deployed.invoke();
  expect(outcome?.record).toBe("unchanged");
  expect(metrics).toMatchObject({ HealthyServers: 3, RecordChanges: 0 });
  expect(changes()).toBe(before);
});

test.each(["UNHEALTHY", "UNKNOWN"])(
  "a server whose health is %s leaves the record, and comes back with its health",
  async (health) => {
    const [sick, ...others] = servers as [RunningServer, ...RunningServer[]];
    cloud.health.set(sick.arn, health);
    await deployed.invoke();
    expect(await cloud.listed()).toEqual(addresses(...others));
    cloud.health.clear();
    await deployed.invoke();
    expect(await cloud.listed()).toEqual(addresses(...servers));
  },
);

test("a server that is replaced is listed with its new address alone", async () => {
  const [replaced, ...others] = servers as [RunningServer, ...RunningServer[]];
  await cloud.stopServer(replaced);
  const [service = ""] = services;
  const started = await cloud.runServer(service);
  servers = [started, ...others];
  await deployed.invoke();
  expect(await cloud.listed()).toEqual(addresses(started, ...others));
});

test("with no healthy server the last addresses stay", async () => {
  for (const { arn } of servers) cloud.health.set(arn, "UNHEALTHY");
  const { outcome, metrics } = await deployed.invoke();
  expect(outcome).toMatchObject({ record: "kept", healthy: [] });
  expect(metrics).toMatchObject({ HealthyServers: 0, RecordChanges: 0 });
  expect(await cloud.listed()).toEqual(addresses(...servers));
});

test("with no healthy server the record is deleted where that is asked for", async () => {
  const deleting = await startFunction(cloud.environment(services, { WHEN_EMPTY: "delete" }));
  try {
    const before = await others();
    for (const { arn } of servers) cloud.health.set(arn, "UNHEALTHY");
    expect((await deleting.invoke()).outcome?.record).toBe("deleted");
    expect(await cloud.listed()).toBeUndefined();
    expect((await deleting.invoke()).outcome?.record).toBe("kept");
    cloud.health.clear();
    expect((await deleting.invoke()).outcome?.record).toBe("changed");
    expect(await cloud.listed()).toEqual(addresses(...servers));
    expect(await others()).toBe(before);
  } finally {
    await deleting.stop();
  }
});

test("a record that somebody else owns, or nobody, is refused until it is ours", async () => {
  const owned = ownership();
  const mine = owned.ResourceRecords?.[0] ?? { Value: "" };
  const before = changes();
  await cloud.put(addressRecord("203.0.113.99"));
  const refused = async (refusal: string) => {
    const { outcome, metrics, logs } = await deployed.invoke();
    expect(outcome).toMatchObject({ record: "refused", refusal });
    expect(metrics).toMatchObject({ HealthyServers: 3, RecordChanges: 0, OwnershipRefusals: 1, Failures: 0 });
    expect(metrics).not.toHaveProperty("LastSuccess");
    expect(logs).toContainEqual(expect.objectContaining({ level: 50, refusal }));
  };
  await cloud.remove(owned);
  await refused("ownership missing");
  await cloud.put(ownership("natsform:other/core"));
  await refused("owned by somebody else");
  await cloud.put({ ...owned, ResourceRecords: [mine, { Value: '"natsform:other/core"' }] });
  await refused("owned by somebody else");
  expect(await cloud.listed()).toEqual(["203.0.113.99"]);
  expect(changes()).toBe(before);
  await cloud.put(owned);
  expect((await deployed.invoke()).outcome?.record).toBe("changed");
});

test("a record with a routing policy is refused", async () => {
  const weighted = { ...addressRecord("203.0.113.50"), SetIdentifier: "blue", Weight: 1 };
  await cloud.remove(addressRecord(...addresses(...servers)));
  await cloud.put(weighted);
  const { outcome } = await deployed.invoke();
  expect(outcome).toMatchObject({ record: "refused", refusal: "alias or routing policy" });
  await cloud.remove(weighted);
});

test("private addresses are listed where they are asked for", async () => {
  const inside = await startFunction(cloud.environment(services, { ADDRESSES: "private" }));
  try {
    const { outcome } = await inside.invoke();
    expect(outcome?.after).toHaveLength(3);
    expect(await cloud.listed()).toEqual(outcome?.after);
    expect(outcome?.after?.filter((address) => addresses(...servers).includes(address))).toEqual([]);
  } finally {
    await inside.stop();
  }
});

test("the record is written again for another time to live alone", async () => {
  const brief = await startFunction(cloud.environment(services, { TTL_SECONDS: "30" }));
  try {
    expect((await brief.invoke()).outcome?.record).toBe("changed");
    const record = (await cloud.zone()).find(({ Name, Type }) => Name === `${recordName}.` && Type === "A");
    expect(record?.TTL).toBe(30);
    expect((await brief.invoke()).outcome?.record).toBe("unchanged");
  } finally {
    await brief.stop();
  }
});

test("what an event says decides nothing", async () => {
  const [server] = servers as [RunningServer];
  const detail = { taskArn: server.arn, lastStatus: "STOPPED", desiredStatus: "STOPPED", version: 9999 };
  for (const event of [
    { "detail-type": "ECS Task State Change", detail },
    { detail: null },
    { detail: { version: "x" } },
  ])
    expect((await deployed.invoke(event)).outcome?.record).toBe("unchanged");
});

test("it answers for what it does not find, page by page", async () => {
  const json = (said: object) => ({ status: 200, type: "application/x-amz-json-1.1", said: JSON.stringify(said) });
  const xml = (said: string) => ({ status: 200, type: "text/xml", said });
  const missing = { __type: "ServiceNotFoundException", message: "Service not found." };
  cloud.proxy.decide = ({ action, body }) => {
    if (action === "ListTasks") {
      const { serviceName, nextToken = "0" } = JSON.parse(body);
      // The services of a cluster are made one after another.
      if (serviceName === services[2]) return { ...json(missing), status: 400 };
      if (serviceName === services[1]) return json({ taskArns: [] });
      const at = Number(nextToken);
      return json({ taskArns: [servers[at]?.arn], nextToken: at + 1 < servers.length ? `${at + 1}` : undefined });
    }
    if (action !== "DescribeNetworkInterfaces") return undefined;
    const asked = new URLSearchParams(body);
    const [id, next] = asked.has("NextToken")
      ? [asked.get("Filter.1.Value.2"), ""]
      : [asked.get("Filter.1.Value.1"), "<nextToken>more</nextToken>"];
    const address = `<association><publicIp>198.51.100.${next ? 1 : 2}</publicIp></association>`;
    const item = `<item><networkInterfaceId>${id}</networkInterfaceId>${address}</item>`;
    return xml(
      `<DescribeNetworkInterfacesResponse><networkInterfaceSet>${item}</networkInterfaceSet>${next}</DescribeNetworkInterfacesResponse>`,
    );
  };
  const { outcome, logs } = await deployed.invoke();
  expect(outcome?.healthy).toEqual(["198.51.100.1", "198.51.100.2"]);
  // The third healthy task's interface was in neither answer.
  expect(outcome?.withoutAddress).toHaveLength(1);
  expect(logs).toContainEqual(expect.objectContaining({ level: 40, tasks: outcome?.withoutAddress }));
});

test("a task that is gone is no failure, and one that cannot be described is", async () => {
  const [gone] = servers as [RunningServer];
  const failing = (reason: string) => {
    const said = JSON.stringify({ tasks: [], failures: [{ arn: gone.arn, reason }] });
    cloud.proxy.decide = ({ action }) =>
      action === "DescribeTasks" ? { status: 200, type: "application/x-amz-json-1.1", said } : undefined;
    return deployed.invoke();
  };
  expect((await failing("MISSING")).outcome?.record).toBe("kept");
  const { error, metrics } = await failing("INTERNAL");
  expect(error).toBe("AwsError: ecs:DescribeTasks: INTERNAL");
  expect(metrics).toMatchObject({ Failures: 1 });
  expect(await cloud.listed()).toEqual(addresses(...servers));
});

test("a wrong environment ends it at once, with every problem", async () => {
  const started = startFunction(cloud.environment([], { TTL_SECONDS: "soon", ECS_SERVICES: "" }));
  await expect(started).rejects.toThrow(/TTL_SECONDS[\s\S]*ECS_SERVICES|ECS_SERVICES[\s\S]*TTL_SECONDS/);
});
