import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { terraformRecord } from "../../cli/core/emulator-folder";
import { silentHost } from "../../cli/core/host";
import { isRunning, parseRecord } from "../../cli/core/processes";
import { respondersFirst } from "../../cli/deploy/aws/responders-first";
import { tasksOf } from "../../cli/deploy/aws/tasks";
import { survey } from "../../cli/deploy/survey";
import { stacksOf } from "../../cli/deploy/target";
import { emulatedTarget } from "../../cli/deploy/targets";
import { motoDifferences } from "../../cli/emulator/moto-differences";
import shipped from "../../environments/demo";
import type { EnvironmentInput } from "../../model/config";
import { loadEnvironment } from "../../model/config/load";
import { buildTopology } from "../../model/topology";
import { type Deployed, TestDeployment } from "../support/deploy-run";
import { noEmulator } from "../support/emulator-run";
import { eventually } from "../support/eventually";
import { filesBelow } from "../support/files";
import { inTerminal } from "../support/in-terminal";
import { applyLeftStack } from "../support/left-stack";
import { missingTerraform } from "../support/terraform";

/** The shipped environment, with an HTTP gateway before its servers. */
const demo: EnvironmentInput = {
  ...shipped,
  clusters: {
    core: {
      ...(shipped.clusters.core as EnvironmentInput["clusters"][string]),
      httpGateway: {
        routes: { order: { kind: "stream", path: "/orders", subject: "orders.{sub}.placed", stream: "ORDERS" } },
      },
    },
  },
};
const region = "eu-west-1";
const recordName = "nats.demo.example.com";
const dnsSync = "demo-core-dns-sync";
let deployment: TestDeployment;
let first: Deployed;
const missing = missingTerraform("the emulated deployment", "aws") || noEmulator;

beforeAll(async () => {
  if (missing) return;
  deployment = new TestDeployment(demo);
  await killHalfWay();
  await interruptInTerminal();
  first = await deployment.deploy();
}, 900_000);
afterAll(() => deployment?.remove(), 120_000);

/**
 * The same command, given again, waits for the Terraform of the killed one and goes on. Ctrl-C in the middle of its next
 * apply: that is finished, nothing is begun after it, and it is said how to go on.
 */
async function interruptInTerminal(): Promise<void> {
  const { root } = deployment.project;
  const ctrlC = ["create aws_dynamodb_table", "\\x03"];
  const { code, stdout } = await inTerminal(root, ctrlC, "deploy", "demo", "--emulate");
  const stack = "demo-core-certificates";
  if (code !== 130) throw new Error(`Ctrl-C ended it with ${code}: ${stdout}`);
  expect(stdout).toContain(`interrupted: ${stack} is done, and nothing after it was begun`);
  expect(stdout).toContain("natsform down demo");
  const records = filesBelow(deployment.folder.terraform).filter((path) => basename(path) === terraformRecord);
  expect(records.length).toBeGreaterThan(0);
  const recorded = records.map((path) => parseRecord(readFileSync(join(deployment.folder.terraform, path), "utf8")));
  expect(recorded.filter((record) => record && isRunning(record))).toEqual([]);
}

/** A first deployment is killed in the middle of an apply. */
async function killHalfWay(): Promise<void> {
  const program = resolve(__dirname, "../../bin/natsform.js");
  const interrupted = spawn(process.execPath, [program, "deploy", "demo", "--emulate"], {
    cwd: deployment.project.root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  await new Promise<void>((done) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString("utf8");
      // Terraform is busy with the first resources, and some of them are made already.
      if (/create aws_subnet/.test(said)) interrupted.kill("SIGKILL");
    };
    interrupted.stdout.on("data", hear);
    interrupted.stderr.on("data", hear);
    interrupted.once("close", () => done());
  });
  if (interrupted.signalCode !== "SIGKILL") throw new Error(`it was not killed in time: ${said}`);
}

const deployed = (name: string, work: () => Promise<void>) => (missing ? test.skip : test)(name, work);

/** Waits until the record lists so many servers, and exactly those that are wanted. */
const recordFollows = (count: number, desired: () => Promise<string[]>) =>
  eventually(
    "the record lists the servers",
    async () => {
      await deployment.control.settled();
      const listed = await deployment.record(recordName);
      return listed.length === count && listed.join() === (await desired()).join();
    },
    150,
  );

deployed("a deployment that was killed half-way is finished by the same command, and every row holds", async () => {
  expect(first.rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(first.ok).toBe(true);
  expect(Object.keys(first.applied)).toEqual([
    "demo-eu-west-1-foundation",
    "demo-core-certificates",
    "demo-core-nats",
    "demo-core-programs",
  ]);
  const groups = new Set(first.rows.map(({ group }) => group));
  expect([...groups].sort()).toEqual(["plan", "record", "rules", "secrets", "services"]);
});

deployed(
  "a plan right after the deployment shows what moto does not return, and every entry of that list",
  async () => {
    const seen = first.rows.filter(({ group }) => group === "plan").map(({ seen }) => seen);
    const named = new Set(seen.flatMap((text) => text.match(/aws_\w+\.\w+/g) ?? []));
    expect([...named].sort()).toEqual(Object.keys(motoDifferences).sort());
  },
);

deployed(
  "callers reach the HTTP gateway by HTTPS alone, under a name that the zone has proved to ACM, once",
  async () => {
    const { CertificateSummaryList } = await deployment.aws.json<{
      CertificateSummaryList: { CertificateArn: string; DomainName: string }[];
    }>(region, "acm", "ListCertificates", { Includes: { keyTypes: ["RSA_2048", "EC_prime256v1"] } });
    const [own, ...others] = CertificateSummaryList;
    expect([own?.DomainName, others]).toEqual(["api.demo.example.com", []]);
    const { Certificate } = await deployment.aws.json<{ Certificate: Record<string, string> }>(
      region,
      "acm",
      "DescribeCertificate",
      { CertificateArn: own?.CertificateArn },
    );
    expect(Certificate).toMatchObject({ Status: "ISSUED", KeyAlgorithm: "EC_prime256v1" });
    const query = { Action: "DescribeLoadBalancers", Version: "2015-12-01" };
    const asked = async (parameters: Record<string, string>) =>
      (await deployment.aws.send(region, "elasticloadbalancing", `/?${new URLSearchParams(parameters)}`)).text();
    const [, balancer = ""] = /<LoadBalancerArn>([^<]+)</.exec(await asked(query)) ?? [];
    const listeners = await asked({ ...query, Action: "DescribeListeners", LoadBalancerArn: balancer });
    expect(listeners.match(/<Protocol>\w+</g)).toEqual(["<Protocol>HTTPS<"]);
    expect(listeners).toContain(own?.CertificateArn);
    const zones = await (await deployment.aws.send(region, "route53", "/2013-04-01/hostedzone")).text();
    const zone = zones.split("<HostedZone>").find((text) => text.includes("<Name>demo.example.com.<"));
    const [, id = ""] = /<Id>\/hostedzone\/([^<]+)</.exec(zone ?? "") ?? [];
    const records = await (await deployment.aws.send(region, "route53", `/2013-04-01/hostedzone/${id}/rrset`)).text();
    const named = [...records.matchAll(/<Name>([^<]*api\.demo\.example\.com)\.<\/Name>\s*<Type>(\w+)</g)];
    expect(named.map(([, name = "", type]) => [name.replace(/^_[^.]+/, "_"), type]).sort()).toEqual([
      ["_.api.demo.example.com", "CNAME"],
      ["api.demo.example.com", "A"],
      ["api.demo.example.com", "CAA"],
    ]);
  },
);

deployed("no secret stands in a stack, a plan, a state, a task definition or a log", async () => {
  const canaries = readdirSync(deployment.folder.keys).flatMap((file) =>
    readFileSync(join(deployment.folder.keys, file), "utf8").trim().split("\n"),
  );
  expect(canaries.length).toBeGreaterThan(5);
  const secretsOf = async () => {
    const { SecretList } = await deployment.aws.json<{ SecretList: { Name: string }[] }>(
      region,
      "secretsmanager",
      "ListSecrets",
      {},
    );
    const values = await Promise.all(
      SecretList.map(({ Name }) =>
        deployment.aws.json<{ SecretString?: string }>(region, "secretsmanager", "GetSecretValue", { SecretId: Name }),
      ),
    );
    return values.flatMap(({ SecretString }) => SecretString ?? []);
  };
  // Lines of private keys as they would stand in a log or in JSON: base64 of more than 40 letters.
  const privateLines = (await secretsOf())
    .flatMap((text) => text.match(/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[\s\S]*?-----END/g) ?? [])
    .flatMap((key) => key.match(/[A-Za-z0-9+/]{40,}/g) ?? []);
  expect(privateLines.length).toBeGreaterThan(3);
  const { taskDefinitionArns } = await deployment.aws.json<{ taskDefinitionArns: string[] }>(
    region,
    "ecs",
    "ListTaskDefinitions",
    {},
  );
  const definitions = await Promise.all(
    taskDefinitionArns.map(async (taskDefinition) => ({
      path: taskDefinition,
      text: JSON.stringify(await deployment.aws.json(region, "ecs", "DescribeTaskDefinition", { taskDefinition })),
    })),
  );
  const files = deployment.files();
  for (const kind of [/cdk\.tf\.json$/, /\.tfstate$/, /natsform\.log$/, /logs\/.*\.log$/])
    expect(files.some(({ path }) => kind.test(path))).toBe(true);
  const found = [...files, ...definitions].filter(({ text }) =>
    [...canaries, ...privateLines].some((secret) => text.includes(secret)),
  );
  expect(found.map(({ path }) => path)).toEqual([]);
});

/** The target as the command has it. */
async function target() {
  const { root } = deployment.project;
  const environment = await loadEnvironment("demo", root);
  return emulatedTarget({ root, environment, topology: buildTopology(environment) });
}

deployed(
  "a second deployment changes nothing but what is no longer in the environment: shown, counted, removed",
  async () => {
    const id = "demo-edge-programs";
    await applyLeftStack(await target(), "demo-core-programs", id, "/natsform/demo/edge-left");
    const plan = await deployment.project.natsform("deploy", "demo", "--emulate", "--plan", "--json");
    const { left, plans } = JSON.parse(plan.stdout);
    expect([plan.code, left]).toEqual([2, [{ stack: id, cluster: "edge", resources: 1 }]]);
    expect(Object.values(plans)).toEqual(Object.keys(first.applied).map(() => ({ changes: [] })));
    const groups = async () =>
      JSON.stringify(await deployment.aws.json(region, "logs", "DescribeLogGroups", {})).includes("edge-left");
    expect(await groups()).toBe(true);
    const { removed, applied, rows } = await deployment.deploy();
    // The log group, and the record of the state itself.
    expect([removed, await groups()]).toEqual([{ [id]: 2 }, false]);
    expect(applied).toEqual(Object.fromEntries(Object.keys(first.applied).map((stack) => [stack, 0])));
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    const own = await target();
    expect((await survey(own, stacksOf(own), silentHost(false))).left).toEqual([]);
  },
);

const states = () => deployment.files().filter(({ path }) => path.endsWith(".tfstate"));

deployed("what is not to be applied is said and refused before anything is touched, with --yes too", async () => {
  const [orders, ...others] = demo.streams ?? [];
  deployment.project.write({ ...demo, streams: [{ ...(orders as object), maxAge: "1d" } as never, ...others] });
  const before = states();
  const { code, stdout, stderr } = await deployment.project.natsform("deploy", "demo", "--emulate", "--yes");
  deployment.project.write(demo);
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringMatching(/nothing of it was touched:\n {2}streams\.ORDERS\.maxAgeMs: ORDERS loses /),
  });
  // The plans are judged as well, those of Terraform of stacks that are there.
  expect(stdout).toMatch(/demo: BLOCK\. Judged by the repository and Terraform's plan\.\n/);
  expect(stdout).not.toContain("Apply ");
  expect(states()).toEqual(before);
});

deployed("a review plans against what is deployed, without a private key, and changes nothing", async () => {
  const { root } = deployment.project;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
  writeFileSync(join(root, ".gitignore"), ".natsform\nnode_modules\n");
  git("init", "-qb", "main");
  git("add", ".");
  git("commit", "-qm", "deployed");
  deployment.project.write({ ...demo, nats: { ...demo.nats, maxPayload: "4MiB" } });
  git("commit", "-qam", "larger messages");
  const { code, stdout } = await deployment.project.natsform(
    ...["review", "demo", "--emulate", "--from", "HEAD~1", "--json", "--out", ".natsform/report"],
  );
  const [{ verdict, depth, stacks, reasons, change }] = JSON.parse(stdout).reviews;
  expect({ code, verdict, depth, reasons }).toEqual({ code: 2, verdict: "allow", depth: "plan", reasons: [] });
  expect(new Set(change.servers.map(({ effect }: { effect: string }) => effect))).toEqual(new Set(["reload"]));
  // The configuration of each server, and what its agent compares it with.
  expect(stacks.map(({ counts }: { counts: object }) => counts)).toEqual([{}, {}, { changed: 6 }, {}]);

  // Of that one of the six was not approved: a deployment touches none.
  const report = join(root, ".natsform/report/review.json");
  const approved = JSON.parse(readFileSync(report, "utf8"));
  const [unseen] = approved.reviews[0].stacks[2].changes.splice(0, 1);
  writeFileSync(report, JSON.stringify(approved));
  const before = states();
  const refused = await deployment.project.natsform("deploy", "demo", "--emulate", "--approved", report);
  deployment.project.write(demo);
  expect(refused).toMatchObject({
    code: 3,
    stderr: expect.stringContaining(
      `not what was approved, and nothing of it was touched:\n  demo-core-nats: ${unseen.address} is to be changed, which was not approved\n`,
    ),
  });
  expect(states()).toEqual(before);
});

deployed("with an empty state, a foundation that carries the environment's tag is not made a second time", async () => {
  const state = join(deployment.folder.terraform, "terraform.demo-eu-west-1-foundation.tfstate");
  renameSync(state, `${state}.away`);
  const vpcs = async () => (await deployment.aws.ec2(region, "DescribeVpcs", {})).match(/<vpcId>/g)?.length;
  const before = await vpcs();
  const { code, stdout } = await deployment.project.natsform("deploy", "demo", "--emulate", "--yes", "--json");
  renameSync(`${state}.away`, state);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error.message).toMatch(
    /demo is deployed already, and its state is not where the backend says.*\n {2}vpc-\w+ .* in eu-west-1; the state at .*foundation\.tfstate is empty\n {2}ECS cluster demo/,
  );
  expect(await vpcs()).toBe(before);
});

deployed("responders are replaced before servers ask with rotated keys, and left alone otherwise", async () => {
  const own = await target();
  const stack = { region, cluster: "core" };
  const said: string[] = [];
  const tasks = async () => (await tasksOf(own, region, "demo-core-auth-callout")).map(({ taskArn }) => taskArn).sort();
  const before = await tasks();
  expect(before).toHaveLength(2);
  await respondersFirst(own, stack, (text) => said.push(text));
  expect([said, await tasks()]).toEqual([[], before]);
  const rotated = { ...own.trust, previous: { issuer: own.trust.issuer } };
  await respondersFirst({ ...own, trust: rotated }, stack, (text) => said.push(text));
  expect(said).toEqual(["demo-core-auth-callout: starts with the keys of the trust file, before the servers"]);
  await deployment.control.settled();
  const after = await tasks();
  expect(after).toHaveLength(2);
  expect(after.filter((task) => before.includes(task))).toEqual([]);
});

deployed("a task that stops is replaced, and the record follows by the event alone", async () => {
  const before = await deployment.record(recordName);
  expect(before).toHaveLength(3);
  await deployment.control.call("POST", "tasks/stop", { service: "demo-core-1" });
  await recordFollows(3, () => deployment.addresses());
  const after = await deployment.record(recordName);
  expect(after).toHaveLength(3);
  expect(after.filter((address) => before.includes(address))).toHaveLength(2);
});

deployed("a server that is unhealthy leaves the record, and comes back with its health", async () => {
  const all = await deployment.record(recordName);
  await deployment.control.call("POST", "tasks/health", { service: "demo-core-2", health: "UNHEALTHY" });
  const { tasks } = await deployment.control.state();
  const sick = tasks.find(({ service }) => service === "demo-core-2")?.publicAddress;
  await recordFollows(2, async () => all.filter((address) => address !== sick));
  await deployment.control.call("POST", "tasks/health", { service: "demo-core-2", health: "HEALTHY" });
  await recordFollows(3, async () => all);
});

deployed("when all tasks stop, the record keeps its last addresses, and follows when they are back", async () => {
  const { control } = deployment;
  const before = await deployment.record(recordName);
  await control.call("POST", "tasks/stop", { hold: true });
  await control.settled();
  await control.runSchedules(region);
  await control.settled();
  expect(await deployment.addresses()).toEqual([]);
  const kept = await deployment.record(recordName);
  // The last that was healthy may be the only one left, if events were worked on between the stops.
  expect(kept.length).toBeGreaterThan(0);
  expect(before).toEqual(expect.arrayContaining(kept));
  await control.call("POST", "tasks/release");
  await recordFollows(3, () => deployment.addresses());
  expect(await deployment.record(recordName)).toHaveLength(3);
});

deployed("APIs that throttle delay the record, and lose nothing", async () => {
  const { control } = deployment;
  for (const [service, action] of [
    ["ecs", "ListTasks"],
    ["ec2", "DescribeNetworkInterfaces"],
    ["route53", "ChangeResourceRecordSets"],
  ])
    await control.call("POST", "faults", { service, action, kind: "throttle", count: 2 });
  await control.call("POST", "tasks/stop", { service: "demo-core-0" });
  await recordFollows(3, () => deployment.addresses());
  const { met } = await control.call<{ met: number }>("DELETE", "faults");
  expect(met).toBe(6);
});

deployed("a function that fails twice is tried a third time, and the record follows", async () => {
  const { control } = deployment;
  await control.settled();
  await control.call("POST", "functions/crash", { function: dnsSync, count: 2 });
  await control.call("POST", "tasks/stop", { service: "demo-core-1" });
  await recordFollows(3, () => deployment.addresses());
  const { invocations } = await control.state();
  expect(invocations.filter((one) => one.function === dnsSync && one.error).length).toBeGreaterThanOrEqual(2);
  const { QueueUrl } = await deployment.aws.json<{ QueueUrl: string }>(region, "sqs", "GetQueueUrl", {
    QueueName: `${dnsSync}-dead-letters`,
  });
  const received = await deployment.aws.json<{ Messages?: object[] }>(region, "sqs", "ReceiveMessage", { QueueUrl });
  expect(received.Messages ?? []).toEqual([]);
});

deployed("destroying leaves nothing behind, of what left the environment either", async () => {
  await applyLeftStack(await target(), "demo-core-programs", "demo-edge-programs", "/natsform/demo/edge-left");
  // The command fails with a list when anything is left that the account did not hold in the beginning.
  const { code, stdout, stderr } = await deployment.project.natsform("deploy", "demo", "--emulate", "--destroy");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/Destroy demo-[a-z-]+: \d{2,} resources removed/);
  expect(existsSync(deployment.folder.root)).toBe(false);
});
