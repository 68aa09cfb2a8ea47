import { type DnsCloud, startDnsCloud } from "../support/dns-cloud";
import { type DeployedFunction, startFunction } from "../support/dns-function";
import { addressRecord, ownership } from "../support/dns-records";
import type { RunningServer } from "../support/dns-servers";
import type { Fault } from "../support/fault-proxy";

const services = ["demo-core-0", "demo-core-1", "demo-core-2"];
let cloud: DnsCloud;
let deployed: DeployedFunction;
let servers: RunningServer[] = [];

const addresses = () => servers.map(({ address }) => address).sort();
const isChange = ({ action }: { action: string }) => action === "ChangeResourceRecordSets";
/** Requests since this point, and what the proxy did with them. */
const since = (start: number) => cloud.proxy.requests.slice(start);
const now = () => cloud.proxy.requests.length;
/** The program's second and later tries: also those that a slow machine causes. */
const repeated = (start: number) => since(start).filter(({ attempt }) => attempt > 1).length;

beforeAll(async () => {
  cloud = await startDnsCloud();
  deployed = await startFunction(cloud.environment(services));
  for (const service of services) servers.push(await cloud.runServer(service));
});
beforeEach(async () => {
  cloud.proxy.decide = () => undefined;
  await cloud.put(ownership(), addressRecord("192.0.2.1"));
});
afterAll(async () => {
  await deployed?.stop();
  await cloud?.stop();
});

/** The next `count` requests that `which` names meet this fault. */
function next(fault: Fault, which: (asked: { action: string }) => boolean, count: number): void {
  let left = count;
  cloud.proxy.decide = (asked) => {
    if (!which(asked) || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

test.each<[Fault, number]>([
  ["throttle", 2],
  ["prior-request", 2],
  ["server-error", 2],
  ["reset", 2],
  ["hang", 1],
])("a change that meets %s is sent again, and succeeds", async (fault, count) => {
  const start = now();
  next(fault, isChange, count);
  const { outcome, metrics } = await deployed.invoke();
  expect(outcome?.record).toBe("changed");
  expect(metrics).toMatchObject({ RecordChanges: 1, Failures: 0, Retries: repeated(start) });
  expect(await cloud.listed()).toEqual(addresses());
  expect(since(start).filter((asked) => isChange(asked) && asked.fault)).toHaveLength(count);
});

test.each<Fault>(["lost", "twice"])("a change that is %s leaves the right record", async (fault) => {
  const start = now();
  next(fault, isChange, 1);
  const { outcome, metrics } = await deployed.invoke();
  expect(outcome?.record).toBe("changed");
  expect(metrics).toMatchObject({ RecordChanges: 1, Failures: 0, Retries: repeated(start) });
  expect(await cloud.listed()).toEqual(addresses());
});

test.each(["ListTasks", "ChangeResourceRecordSets"])(
  "%s hangs: the invocation fails before Lambda ends it, and the record stays",
  async (action) => {
    cloud.proxy.decide = (asked) => (asked.action === action ? "hang" : undefined);
    const { outcome, error, leftMs, metrics, logs } = await deployed.invoke(undefined, 4000);
    expect({ outcome, error }).toEqual({ error: expect.stringContaining("Abort") });
    expect(leftMs).toBeGreaterThan(0);
    expect(metrics).toMatchObject({ RecordChanges: 0, Failures: 1 });
    expect(metrics).not.toHaveProperty("LastSuccess");
    expect(metrics).not.toHaveProperty("HealthyServers");
    expect(logs).toContainEqual(expect.objectContaining({ level: 50, msg: "failed", late: true }));
    expect(await cloud.listed()).toEqual(["192.0.2.1"]);
  },
);

test("what an API refuses for good fails at once, and the record stays", async () => {
  const said = JSON.stringify({ __type: "AccessDeniedException", message: "no" });
  const denied = { status: 400, type: "application/x-amz-json-1.1", said };
  cloud.proxy.decide = ({ action }) => (action === "DescribeTasks" ? denied : undefined);
  const start = now();
  const { error, metrics } = await deployed.invoke();
  expect(error).toContain("AccessDeniedException");
  expect(metrics).toMatchObject({ RecordChanges: 0, Failures: 1 });
  expect(since(start).filter(({ action }) => action === "DescribeTasks")).toHaveLength(1);
  expect(await cloud.listed()).toEqual(["192.0.2.1"]);
});

test("Route 53 is asked at most five times a second, however close invocations follow each other", async () => {
  const start = now();
  for (let round = 0; round < 5; round++) {
    await cloud.put(addressRecord("192.0.2.1"));
    expect((await deployed.invoke()).outcome?.record).toBe("changed");
  }
  const sent = since(start)
    .filter(({ service }) => service === "route53")
    .map(({ at }) => at);
  expect(sent.length).toBeGreaterThanOrEqual(15);
  // Over all of them: a machine that is slow once delays one of them, and so brings it closer to the next.
  expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeGreaterThan((sent.length - 1) * 200);
});

test("half of all requests fail while servers come and go: the record ends right, and all of it is counted", async () => {
  const random = generator(20261121);
  const kinds: Fault[] = ["throttle", "throttle", "server-error", "reset", "lost"];
  cloud.proxy.decide = () => (random() < 0.5 ? kinds[Math.floor(random() * kinds.length)] : undefined);
  const start = now();
  let [failures, retries, changes] = [0, 0, 0];
  for (let round = 0; round < 5; round++) {
    const [oldest, ...others] = servers;
    if (oldest) await cloud.stopServer(oldest);
    servers = [...others, await cloud.runServer(services[round % 3] ?? "")];
    const before = await cloud.listed();
    const { outcome, metrics } = await deployed.invoke();
    failures += Number(metrics.Failures);
    retries += Number(metrics.Retries);
    changes += Number(metrics.RecordChanges);
    expect(metrics.Failures).toBe(outcome ? 0 : 1);
    if (outcome) expect(await cloud.listed()).toEqual(addresses());
    else expect([before?.join(), addresses().join()]).toContain((await cloud.listed())?.join());
  }
  cloud.proxy.decide = () => undefined;
  const repetitions = repeated(start);
  const last = await deployed.invoke();
  expect(await cloud.listed()).toEqual(addresses());
  expect(last.metrics.Failures).toBe(0);
  expect(retries).toBe(repetitions);
  expect(retries).toBeGreaterThan(5);
  expect(failures).toBeLessThan(5);
  expect(changes).toBeGreaterThan(0);
});

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
