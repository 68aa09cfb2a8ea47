import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { pino } from "pino";
import { DnsSyncEnv } from "../../runtime/dns-sync/env";
import { buildHandler } from "../../runtime/dns-sync/handler";
import type { History, Step } from "./dns-histories";
import { addressRecord, owner, ownership, ownershipName, recordName } from "./dns-records";
import { type Cloud, virtualAws } from "./dns-virtual-aws";
import { VirtualZone } from "./dns-virtual-zone";
import { VirtualCluster } from "./dns-world";

const services = ["demo-core-0", "demo-core-1", "demo-core-2"];
const env = DnsSyncEnv.parse({
  ECS_CLUSTER: "demo",
  ECS_SERVICES: services.join(","),
  HOSTED_ZONE_ID: "Z1",
  RECORD_NAME: recordName,
  OWNERSHIP_RECORD_NAME: ownershipName,
  OWNER: owner,
});
/** Nothing of these is to be written. */
const untouched: ResourceRecordSet[] = [
  { ...ownership(), Name: `${ownershipName}.` },
  { Name: "example.com.", Type: "NS", TTL: 900, ResourceRecords: [{ Value: "ns.example.net." }] },
  { Name: "nats.example.com.", Type: "AAAA", TTL: 60, ResourceRecords: [{ Value: "2001:db8::1" }] },
  { Name: "www.example.com.", Type: "A", TTL: 60, ResourceRecords: [{ Value: "203.0.113.9" }] },
];
const log = pino({ level: "silent" });

export interface Story {
  invocations: number;
  failed: number;
  changes: number;
}

/** Lets the history happen, then one more scheduled run without a fault. Throws where a guarantee does not hold. */
export async function live(history: History): Promise<Story> {
  const cluster = new VirtualCluster(services);
  const zone = new VirtualZone([...untouched, { ...addressRecord("192.0.2.1"), Name: `${recordName}.` }]);
  const { upcoming, due } = timeline(history);
  let seconds = 0;
  const pass = (until: number) => {
    seconds = Math.max(seconds, until);
    for (let next = upcoming[0]; next && next.at <= seconds; next = upcoming[0]) {
      upcoming.shift();
      cluster.happen(next.step.what, services[next.step.server] ?? "");
    }
  };
  const faults = { failing: new Set(history.failing), lost: new Set(history.lost), stale: new Set(history.stale) };
  let requestCount = 0;
  let seen = new Set<Cloud>();
  const request = () => {
    pass(seconds + history.requestSeconds);
    requestCount += 1;
    if (faults.failing.has(requestCount)) throw new Error("ThrottlingException");
    const cloud = (faults.stale.has(requestCount) ? cluster.past.at(-2) : undefined) ?? cluster.past.at(-1);
    if (!cloud) throw new Error("the cluster has no past");
    seen.add(cloud);
    return cloud;
  };
  const answer = () => {
    if (faults.lost.has(requestCount)) throw new Error("socket hang up");
  };
  const lines: string[] = [];
  const handler = buildHandler({
    env,
    connect: () => virtualAws({ request, answer, zone, pageSize: history.pageSize }),
    log,
    print: (line) => lines.push(line),
    now: () => seconds * 1000,
  });

  let failed = 0;
  let followed: Cloud | undefined;
  const invoke = async (event: object) => {
    seen = new Set();
    const before = { addresses: zone.addresses(env.RECORD_NAME) ?? [], changes: zone.changes.length };
    const ended = await handler(event, { getRemainingTimeInMillis: () => 60_000 }).then(
      () => true,
      () => false,
    );
    if (!ended) failed += 1;
    const now = zone.addresses(env.RECORD_NAME) ?? [];
    const changed = zone.changes.length - before.changes;
    if (now.length === 0) throw new Error("the record is empty");
    if (changed > 1) throw new Error("one invocation wrote twice");
    if (changed === 1 && now.join() === before.addresses.join()) throw new Error("it wrote what stood there");
    const [only] = seen.size === 1 ? seen : [];
    if (changed === 1 && only && only === followed) throw new Error("it wrote a second time for the same servers");
    if (ended || changed === 1) followed = only;
    return ended;
  };

  for (;;) {
    due.sort((a, b) => a.at - b.at);
    const next = due.shift();
    if (!next) break;
    pass(next.at);
    if (!(await invoke(next.event)) && next.retries > 0)
      due.push({ at: seconds + 60, event: next.event, retries: next.retries - 1 });
  }
  for (const kind of Object.values(faults)) kind.clear();
  pass(Number.POSITIVE_INFINITY);
  const last = zone.addresses(env.RECORD_NAME);
  await invoke(scheduled);
  const healthy = cluster.healthyAddresses();
  const desired = healthy.length > 0 ? healthy : last;
  if (zone.addresses(env.RECORD_NAME)?.join() !== desired?.join()) throw new Error("the record did not converge");
  const others = zone.all().filter(({ Name, Type }) => !(Name === `${recordName}.` && Type === "A"));
  // The same objects: nothing was written, not even the same again.
  if (others.length !== untouched.length || others.some((set) => !untouched.includes(set)))
    throw new Error("a record of somebody else was touched");
  const reported = lines.filter((line) => line.includes('"Failures":1')).length;
  if (reported !== failed) throw new Error("failures were not reported");
  return { invocations: lines.length, failed, changes: zone.changes.length };
}

/** When what happens, and when the program is invoked: for events, and each minute. */
function timeline({ steps }: History) {
  const upcoming: { at: number; step: Step }[] = [];
  const due: { at: number; event: object; retries: number }[] = [];
  for (const step of steps) {
    const at = (upcoming.at(-1)?.at ?? 0) + step.afterSeconds;
    upcoming.push({ at, step });
    // Lambda tries what failed twice again.
    for (const delay of step.deliveries) due.push({ at: at + delay, event: eventOf(step, at), retries: 2 });
  }
  const end = upcoming.at(-1)?.at ?? 0;
  for (let at = 0; at <= end; at += 60) due.push({ at, event: scheduled, retries: 2 });
  return { upcoming, due };
}

const scheduled = { "detail-type": "Scheduled Event" };

/** An event of ECS; what it says is true of the moment it was sent, and often no more when it arrives. */
function eventOf({ what, server }: Step, at: number): object {
  return {
    id: `${at}`,
    "detail-type": "ECS Task State Change",
    detail: { group: `service:${services[server]}`, lastStatus: what === "stop" ? "STOPPED" : "RUNNING", version: at },
  };
}
