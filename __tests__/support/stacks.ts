import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App } from "cdktf";
import { imageFolder } from "../../artifacts/code-image";
import { lambdaZip } from "../../artifacts/code-zip";
import { zipFile } from "../../artifacts/zip";
import { makeKeys } from "../../cli/keys/make";
import { FolderStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { listEnvironments } from "../../model/config/load";
import { buildTopology, programsAs } from "../../model/topology";
import type { StackContext } from "../../modules/aws/context";
import { synthesizeFast } from "../../modules/terraform/fast-synth";
import { addStacks } from "../../stacks";

synthesizeFast();

export const repository = resolve(__dirname, "..", "..");

/** A resource or a data source as Terraform reads it. */
export type Block = Record<string, unknown>;
export interface Stack {
  name: string;
  folder: string;
  text: string;
  resource: Record<string, Record<string, Block>>;
  data: Record<string, Record<string, Block>>;
  locals?: Record<string, unknown>;
  output: Record<string, Block>;
  provider: { aws: Block[] };
  terraform: Block;
}

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "natsform-stacks-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A project with code that is as good as any: what stacks look at is where it lies and what its digest is. */
export function projectWithCode(): string {
  const root = temporaryFolder();
  mkdirSync(join(root, ".natsform", "lambda"), { recursive: true });
  for (const program of programsAs("function")) {
    writeFileSync(lambdaZip(root, program), zipFile("index.js", `exports.handler = async () => "${program}";`));
  }
  for (const program of programsAs("image")) {
    mkdirSync(imageFolder(root, program), { recursive: true });
    writeFileSync(join(imageFolder(root, program), "main.cjs"), `console.log("${program}");`);
  }
  return root;
}

/** The environment as its file has it, with changes made before it is checked. */
export async function contextOf(
  name: string,
  root: string,
  change: (input: EnvironmentInput) => void = () => undefined,
  emulatorEndpoint?: string,
): Promise<StackContext> {
  const { default: shipped } = require(join(repository, "environments", `${name}.ts`)) as { default: EnvironmentInput };
  const input = structuredClone(shipped);
  change(input);
  const { environment, problems } = parseEnvironment(input, input.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const { trust } = await makeKeys(topology, new FolderStore(join(root, "keys", input.name)));
  return { environment, topology, trust, settings: { root, environments: [name], emulatorEndpoint } };
}

export const shippedEnvironments = () => listEnvironments(repository);

/** What demo does not have: each way that a cluster on ECS can be otherwise. */
export async function variants(root: string): Promise<StackContext[]> {
  const arn = (id: string) => `arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/${id}`;
  const core = (input: EnvironmentInput) => {
    const cluster = input.clusters.core;
    if (cluster?.platform.kind !== "aws-ecs") throw new Error("demo has no cluster core on ECS");
    return { cluster, platform: cluster.platform };
  };
  const inside = contextOf("demo", root, (input) => {
    input.name = "inside";
    const { platform } = core(input);
    platform.access = "vpc";
    platform.storage = "efs";
    platform.network = { egress: "endpoints", cidr: "10.8.0.0/20" };
    platform.alarmTopicArn = "arn:aws:sns:eu-west-1:123456789012:alarms";
    platform.deployRoleArns = ["arn:aws:iam::123456789012:role/deploy"];
    input.backend = { kind: "s3", bucket: "states", region: "eu-west-1" };
    input.deletionProtection = false;
  });
  const found = contextOf("demo", root, (input) => {
    input.name = "found";
    const { cluster, platform } = core(input);
    platform.network = { vpcId: "vpc-0123456789abcdef0" };
    platform.monitoring = { from: ["sg-0a1b2c3d", "10.0.8.0/24"] };
    platform.hostedZoneId = "Z0123456789ABCDEFGHIJ";
    cluster.tls = { issuer: "acm-pca", authorities: { internal: arn("0a"), routes: arn("0b"), leafnodes: arn("0c") } };
    cluster.leafHub = true;
    cluster.httpGateway = {
      webAcl: "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/one/0a1b",
      routes: { order: { kind: "stream", path: "/orders", subject: "orders.{sub}.placed", stream: "ORDERS" } },
    };
    cluster.jetstream = { memory: "1GiB", file: "100GiB", durability: "durable" };
    const image = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/search:7@sha256:${"a".repeat(64)}`;
    input.identity.services = {
      ...input.identity.services,
      search: {
        account: "APP",
        serves: ["search.>"],
        uses: { consumers: ["ORDERS/fulfilment"] },
        runs: {
          cluster: "core",
          code: { kind: "image", image },
          count: 0,
          scale: { most: 4, backlog: { consumer: "ORDERS/fulfilment", perProcess: 50 } },
        },
      },
    };
    input.clusters.edge = {
      platform: { ...platform, domain: "edge.example.com", hostedZoneId: undefined, cpu: 512 },
      size: 1,
      leafOf: { cluster: "core" },
    };
    input.backend = { kind: "gcs", bucket: "states" };
  });
  const operator = contextOf("demo", root, (input) => {
    input.name = "operator";
    input.identity = { ...input.identity, mode: "operator", responders: 1 } as EnvironmentInput["identity"];
    const { cluster, platform } = core(input);
    platform.storage = "efs";
    platform.parentDomain = "example.com";
    cluster.websocket = undefined;
  });
  return Promise.all([inside, found, operator]);
}

/** What `main.ts` writes for the contexts, by stack. */
export function synthesized(contexts: readonly StackContext[], outdir: string): Record<string, Stack> {
  const app = new App({ outdir });
  for (const context of contexts) addStacks(app, context);
  app.synth();
  return readStacks(outdir);
}

export function readStacks(outdir: string): Record<string, Stack> {
  const folders = join(outdir, "stacks");
  const stacks = readdirSync(folders).map((name): Stack => {
    const folder = join(folders, name);
    const text = readFileSync(join(folder, "cdk.tf.json"), "utf8");
    return { data: {}, resource: {}, output: {}, ...JSON.parse(text), name, folder, text };
  });
  return Object.fromEntries(stacks.map((stack) => [stack.name, stack]));
}

/** Every block of a type, by its name. */
export const all = (stack: Stack | undefined, type: string): Record<string, Block> => stack?.resource[type] ?? {};

/** The one block of a type whose name begins so. */
export function one<T = Record<string, never>>(stack: Stack | undefined, type: string, start = ""): Block & T {
  const found = Object.entries(all(stack, type)).filter(([name]) => name.startsWith(start));
  if (found.length !== 1) throw new Error(`${found.length} ${type} in ${stack?.name} begin with "${start}"`);
  return found[0]?.[1] as Block & T;
}

/** `type.name` of every resource. */
export const addresses = (stack: Stack): string[] =>
  Object.entries(stack.resource).flatMap(([type, blocks]) => Object.keys(blocks).map((name) => `${type}.${name}`));
