import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { ECSClient, type ECSClientConfig } from "@aws-sdk/client-ecs";
import { Route53Client, type Route53ClientConfig } from "@aws-sdk/client-route-53";
import { builtFile } from "../bin/built";
import { type Aws, connectAws } from "../runtime/dns-sync/aws";
import { DnsSyncEnv } from "../runtime/dns-sync/env";
import { reconcile } from "../runtime/dns-sync/reconcile";
import { answersAbout, servicesOf, toResponse } from "./dns-sync-answers";
import { median, spread } from "./statistics";

const rounds = 5;
const sizes = [3, 30];

/** The parts of an SDK request that the bench reads. */
interface HttpRequest {
  headers: Record<string, string>;
  query: Record<string, unknown>;
  body: string | Uint8Array;
}

const environment = (servers: number) => ({
  ECS_CLUSTER: "demo",
  ECS_SERVICES: servicesOf(servers).join(","),
  HOSTED_ZONE_ID: "Z0000000000000",
  RECORD_NAME: "nats.example.com",
  OWNERSHIP_RECORD_NAME: "_natsform.nats.example.com",
  OWNER: "natsform:demo/core",
});

/** CPU time of an invocation of dns-sync, and its cold start. */
export async function benchDnsSync(): Promise<void> {
  const lines: string[] = [];
  for (const servers of sizes) lines.push(await invocation(servers));
  process.stdout.write(`dns-sync: CPU time of an invocation that finds nothing to change, median of ${rounds} rounds
${lines.join("\n")}
${coldStart()}
`);
}

/** The SDK's whole path but for the network, beside what cannot be left out: the answers parsed. */
async function invocation(servers: number): Promise<string> {
  const answers = answersAbout(servers);
  const env = DnsSyncEnv.parse(environment(servers));
  const aws = inMemory(answers, env);
  const own = async () => {
    const { record } = await reconcile(aws, env);
    if (record !== "unchanged") throw new Error(`the bench's record is ${record}`);
  };
  // XML has no parser of Node's own: its answers count as the JSON text of the same length, a string.
  const once = [answers["ecs:DescribeTasks"](), ...servicesOf(servers).map((name) => answers["ecs:ListTasks"](name))];
  const xml = [answers["ec2:DescribeNetworkInterfaces"](), answers["route53:TXT"](), answers["route53:A"]()];
  const texts = [...once, ...xml.map((text) => JSON.stringify(text))];
  const floor = async () => {
    for (const text of texts) JSON.parse(text);
  };
  for (let i = 0; i < 20; i++) await own();
  const [owns, floors]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    owns.push(await cpuMs(own, Math.ceil(300 / servers)));
    floors.push(await cpuMs(floor, 2000));
  }
  const [ownMs, floorMs] = [median(owns), median(floors)];
  const ratio = `${(ownMs / floorMs).toFixed(0)} x floor`;
  return `  ${String(servers).padStart(2)} servers                    ${ownMs.toFixed(2).padStart(7)} ms  ${ratio}
  floor: its answers parsed     ${floorMs.toFixed(3).padStart(8)} ms`;
}

/** AWS by the SDK's own clients, whose requests are answered in this process. */
function inMemory(answers: ReturnType<typeof answersAbout>, env: DnsSyncEnv): Aws {
  const answeredBy = (pick: (request: HttpRequest) => string) => ({
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
    requestHandler: { handle: async (request: HttpRequest) => toResponse(pick(request)) },
  });
  const ecs = answeredBy(({ headers, body }) =>
    headers["x-amz-target"]?.endsWith("ListTasks")
      ? answers["ecs:ListTasks"](Buffer.from(body).toString())
      : answers["ecs:DescribeTasks"](),
  );
  const ec2 = answeredBy(() => answers["ec2:DescribeNetworkInterfaces"]());
  const route53 = answeredBy(({ query }) => (query.type === "TXT" ? answers["route53:TXT"]() : answers["route53:A"]()));
  return connectAws({
    ecs: new ECSClient(ecs as ECSClientConfig),
    ec2: new EC2Client(ec2 as EC2ClientConfig),
    route53: new Route53Client(route53 as Route53ClientConfig),
    ecsCluster: env.ECS_CLUSTER,
    hostedZoneId: env.HOSTED_ZONE_ID,
    abortSignal: new AbortController().signal,
  });
}

/** CPU time of one call in milliseconds, user and system together. */
async function cpuMs(call: () => Promise<void>, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

function coldStart(): string {
  const folder = mkdtempSync(join(tmpdir(), "dns-sync-bench-"));
  try {
    const file = join(folder, "index.js");
    const text = readFileSync(builtFile("programs/dns-sync.cjs"), "utf8");
    writeFileSync(file, text);
    const env = { ...environment(3), AWS_REGION: "eu-west-1", NODE_NO_WARNINGS: "1" };
    const timed = (program: string) => {
      const started = performance.now();
      execFileSync(process.execPath, ["-e", program], { env });
      return performance.now() - started;
    };
    const load = `if (typeof require(${JSON.stringify(file)}).handler !== "function") process.exit(1)`;
    const [own, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(timed("0"));
      own.push(timed(load));
    }
    const size = (text.length / 2 ** 20).toFixed(2);
    return `  cold start, ${size} MiB         ${spread(own)}  ${(median(own) / median(bare)).toFixed(1)} x floor
  floor: node with no program   ${spread(bare)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
