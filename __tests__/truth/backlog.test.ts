import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { EnvironmentInput } from "../../model/config";
import { awsClusterNames, buildTopology, clusterOf } from "../../model/topology";
import { BACKLOG_METRICS, BACKLOG_NAMESPACE, backlogDimensions } from "../../runtime/backlog/contract";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { backlogEnvironment } from "../../templates/backlog-environment";
import { definedVariables } from "../../templates/program-environment";
import { noEmulator, region, TestEmulator } from "../support/emulator-run";
import { eventually } from "../support/eventually";
import { parsed } from "../support/lint-environment";
import { TestProject } from "../support/project";
import { orders, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

/** What waits for services, counted by the program itself: in the twin, and for CloudWatch on the emulated AWS. */

const project = new TestProject();
const twin = new TestTwin(project, "backlog");
const emulator = new TestEmulator();
const onAws = noEmulator ? test.skip : test;
const started: ChildProcess[] = [];

/** Neither has a process: what they would do waits. */
const idle = { kind: "node", entry: "services/idle.ts" } as const;
const scaled = (consumer: string) => ({
  account: "APP",
  uses: { consumers: [`ORDERS/${consumer}`] },
  runs: { code: idle, count: 0, scale: { most: 5, backlog: { consumer: `ORDERS/${consumer}`, perProcess: 10 } } },
});
const environment: EnvironmentInput = {
  ...threeServers("backlog"),
  streams: [
    {
      ...orders,
      consumers: [
        { name: "bills", filterSubjects: ["orders.bill"] },
        { name: "mails", filterSubjects: ["orders.mail"] },
      ],
    },
  ],
};
const { identity } = environment;
environment.identity = {
  ...identity,
  services: { ...identity.services, bills: scaled("bills"), mails: scaled("mails") },
} as typeof identity;

const program = "backlog-core-APP";
const address = async () => (await twin.status()).parts.find(({ name }) => name === program)?.address ?? "";
const rows = async () =>
  (await twin.verify()).rows.filter(({ what }) => /is counted$/.test(what)).map(({ ok, seen }) => [ok, seen]);
const counts = async (url: string) => {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split("\n");
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, service, value] = /^natsform_service_backlog\{nats_service="([^"]+)".*\} (\d+)$/.exec(line) ?? [];
      return service === undefined ? [] : [[service, Number(value)]];
    }),
  );
};
const inStream = <T>(work: (name: Awaited<ReturnType<typeof connected>>) => Promise<T>): Promise<T> =>
  twin.with(twin.user("streams-APP"), async (client) => work(await client.connection()), {
    inboxPrefix: STREAMS_INBOX,
  });
const connected = (client = twin.client(twin.service())) => client.connection();

async function place(subject: string, count: number): Promise<void> {
  const stream = jetstream(await connected());
  for (let i = 0; i < count; i++) await stream.publish(subject, "");
}

beforeAll(async () => {
  mkdirSync(join(project.root, "services"));
  symlinkSync(resolve(__dirname, "../../node_modules"), join(project.root, "node_modules"));
  writeFileSync(join(project.root, "services", "idle.ts"), "setInterval(() => {}, 1000);\n");
  await twin.up(environment);
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await twin.close();
  await project.remove();
  if (!noEmulator) await emulator.remove();
});

test("in the twin it is a part that is ready, and verify says what waits", async () => {
  expect((await twin.status()).parts.find(({ name }) => name === program)).toMatchObject({ ok: true, state: "ready" });
  expect(await rows()).toEqual([
    [true, "0 waiting; a process for each 10"],
    [true, "0 waiting; a process for each 10"],
  ]);
});

test("what is stored waits, and what a service has in hand waits still", async () => {
  const url = await address();
  await place("orders.bill", 12);
  await eventually("12 wait", async () => (await counts(url)).bills === 12);
  await twin.with(twin.service("bills"), async (client) => {
    const consumer = await jetstream(await client.connection()).consumers.get("ORDERS", "bills");
    const taken = await consumer.fetch({ max_messages: 5, expires: 5000 });
    let acknowledged = 0;
    for await (const message of taken) if (acknowledged++ < 2) await message.ackAck();
  });
  await eventually("10 wait", async () => (await counts(url)).bills === 10);
  expect((await counts(url)).mails).toBe(0);
});

test("its login may ask about its consumers, and about nothing else", async () => {
  await twin.with(twin.service(program), async (client) => {
    const ask = (subject: string) => client.request(subject, "", { timeoutMs: 3000 }).then((answer) => answer.json());
    expect(await ask("$JS.API.CONSUMER.INFO.ORDERS.bills")).toMatchObject({ num_pending: expect.any(Number) });
    for (const subject of ["$JS.API.STREAM.INFO.ORDERS", "$JS.API.CONSUMER.MSG.NEXT.ORDERS.bills", "orders.bill"])
      await expect(ask(subject)).rejects.toThrow(/permission/i);
  });
});

/** Sums of a metric of the service, one for each value that CloudWatch was told. */
async function told(service: string, metric: string): Promise<number[]> {
  const cloudWatch = new CloudWatchClient({ ...emulator.client });
  const dimensions = backlogDimensions("backlog", "core", service);
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: BACKLOG_NAMESPACE,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 3600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 1,
      Statistics: ["Maximum"],
    }),
  );
  return Datapoints.map(({ Maximum = Number.NaN }) => Maximum);
}

onAws("on AWS it goes on while a service has no task, and tells nothing of what it cannot count", async () => {
  await emulator.start();
  const ecs = (action: string, input: object) => emulator.aws.json(region, "ecs", action, input);
  await ecs("CreateCluster", { clusterName: "backlog" });
  await ecs("RegisterTaskDefinition", {
    family: "idle",
    containerDefinitions: [{ name: "idle", image: "example.com/idle:1", memory: 64 }],
  });
  for (const [serviceName, desiredCount] of [
    ["backlog-core-bills", 0],
    ["backlog-core-mails", 2],
  ] as const)
    await ecs("CreateService", { cluster: "backlog", serviceName, taskDefinition: "idle", desiredCount });

  const topology = buildTopology(parsed(environment));
  const { url, key } = emulator.address;
  const port = 30_000 + (process.pid % 20_000);
  const { servers, caFile } = twin.connectFile();
  const { variables } = backlogEnvironment<never>(topology, twin.trust(), {
    cluster: clusterOf(topology, "core"),
    account: "APP",
    servers: servers.map(({ client }) => client),
    authorities: { file: caFile },
    login: { file: join(twin.folder.keys, `user-service-${program}.key`) },
    http: { host: "127.0.0.1", port },
    ecs: { cluster: "backlog", service: awsClusterNames("backlog", "core").program },
  });
  const child = spawn(process.execPath, [join(twin.folder.root, "programs", "backlog.cjs")], {
    stdio: "inherit",
    env: {
      ...definedVariables(variables),
      EVERY_SECONDS: "1",
      AWS_REGION: region,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: key,
    },
  });
  started.push(child);
  await place("orders.mail", 30);
  const last = async (service: string, metric: string) => (await told(service, metric)).at(-1);
  await eventually("both are told of", async () => (await last("mails", BACKLOG_METRICS.perTask)) === 15);
  expect(await last("mails", BACKLOG_METRICS.withoutTask)).toBe(0);
  expect(await last("bills", BACKLOG_METRICS.withoutTask)).toBe(10);
  expect(await last("bills", BACKLOG_METRICS.perTask)).toBe(10);

  // A consumer that is gone is no consumer in which nothing waits.
  await inStream(async (connection) => (await jetstreamManager(connection)).consumers.delete("ORDERS", "mails"));
  await eventually("it says so", async () => {
    const { problems } = (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as { problems: string[] };
    return problems.length === 1 && /^mails: ORDERS\/mails: consumer not found$/.test(problems[0] ?? "");
  });
  const before = (await told("mails", BACKLOG_METRICS.waiting)).length;
  const others = (await told("bills", BACKLOG_METRICS.waiting)).length;
  await eventually(
    "the other is told of on",
    async () => (await told("bills", BACKLOG_METRICS.waiting)).length > others + 2,
  );
  expect((await told("mails", BACKLOG_METRICS.waiting)).length).toBe(before);
  expect(await told("mails", BACKLOG_METRICS.waiting)).not.toContain(0);

  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});
