import { ListResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import { DNS_SYNC_ACTIONS } from "../../runtime/dns-sync/contract";
import { type DnsCloud, startDnsCloud } from "../support/dns-cloud";
import { startFunction } from "../support/dns-function";
import { type AccessKey, enforcePermissions, userWith } from "../support/dns-permissions";
import { addressRecord, ownership } from "../support/dns-records";

const actions = DNS_SYNC_ACTIONS.map(({ action }) => action);
let cloud: DnsCloud;
let address: string;
const keys = new Map<string, AccessKey>();
let reader: AccessKey;

beforeAll(async () => {
  cloud = await startDnsCloud();
  const url = cloud.aws.endpoint;
  keys.set("all", await userWith(url, "all", actions));
  for (const [i, missing] of actions.entries()) {
    const others = actions.filter((action) => action !== missing);
    keys.set(missing, await userWith(url, `without-${i}`, others));
  }
  reader = await userWith(url, "reader", ["route53:ListResourceRecordSets"]);
  ({ address } = await cloud.runServer("demo-core-0"));
  await cloud.put(ownership(), addressRecord("192.0.2.1"));
  await enforcePermissions(url);
});
afterAll(async () => {
  await cloud?.stop();
});

async function invokeAs(user: string) {
  const { accessKeyId = "", secretAccessKey = "" } = keys.get(user) ?? {};
  const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const deployed = await startFunction(cloud.environment(["demo-core-0"], credentials));
  try {
    return await deployed.invoke();
  } finally {
    await deployed.stop();
  }
}

async function listed(): Promise<(string | undefined)[] | undefined> {
  const route53 = new Route53Client({ ...cloud.aws, credentials: reader });
  const { ResourceRecordSets } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: cloud.zoneId }));
  return ResourceRecordSets?.find(({ Type }) => Type === "A")?.ResourceRecords?.map(({ Value }) => Value);
}

test.each(actions)("without %s it fails, says so, and leaves the record", async (missing) => {
  const { outcome, error, metrics, logs } = await invokeAs(missing);
  expect(outcome).toBeUndefined();
  expect(error).toContain(missing);
  // moto words every refusal as IAM's own, which is not what the SDKs of other services read.
  expect(cloud.proxy.requests.at(-1)?.answer).toMatchObject({
    status: 403,
    said: expect.stringContaining(`is not authorized to perform: ${missing}`),
  });
  expect(logs).toContainEqual(expect.objectContaining({ msg: "failed", error }));
  expect(metrics).toMatchObject({ RecordChanges: 0, Failures: 1 });
  expect(await listed()).toEqual(["192.0.2.1"]);
});

test("with exactly these actions it does its work", async () => {
  const { outcome, error } = await invokeAs("all");
  expect({ error, record: outcome?.record }).toEqual({ record: "changed" });
  expect(await listed()).toEqual([address]);
  // Nothing else was asked for, refused and overlooked.
  const asked = cloud.proxy.requests.map(({ service, action }) => `${service}:${action}`);
  expect([...new Set(asked)].sort()).toEqual([...actions].sort());
});
