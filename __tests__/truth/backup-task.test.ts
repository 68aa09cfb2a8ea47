import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import type { Container } from "../../modules/aws/containers";
import { BackupProgram } from "../support/backup-program";
import { type BackupWorld, fill, makeStream, startBackupWorld } from "../support/backup-world";
import { eventually } from "../support/eventually";
import { type OpenMoto, startOpenMoto } from "../support/moto";
import { isPermitted, makesObject, type S3Request, type Statement } from "../support/s3-permissions";
import { all, contextOf, projectWithCode, type Stack, synthesized } from "../support/stacks";

/** The task of a backup as ECS runs it: with the rights of its role, beside an emulated S3, and its keys in files. */

const bucket = "backups";
const roles = ["backup-app", "drill-app", "prune-app"] as const;
const root = projectWithCode();
let world: BackupWorld;
let moto: OpenMoto;
let proxy: Server;
let url: string;
let program: BackupProgram;
let reader: S3Client;
let stack: Stack | undefined;
type Role = (typeof roles)[number];
const rights = new Map<string, Statement[]>();
const asked: S3Request[] = [];
/** Answers that get lost: the request is carried out. */
let loses: (one: S3Request) => boolean = () => false;

const s3At = (endpoint: string, accessKeyId: string) =>
  new S3Client({
    endpoint,
    region: "eu-west-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey: "test" },
  });

function statementsOf(role: Role): Statement[] {
  const [id] =
    Object.entries(all(stack, "aws_iam_role")).find(([, { name }]) => name === `demo-core-${role}-task`) ?? [];
  const policies = Object.values(all(stack, "aws_iam_role_policy"));
  return JSON.parse(String(policies.find((policy) => String(policy.role).includes(`.${id}.`))?.policy)).Statement;
}

beforeAll(async () => {
  world = await startBackupWorld(1);
  moto = await startOpenMoto();
  const { port } = new URL(moto.url);
  proxy = createServer((incoming, answer) => {
    const { method = "", url: path = "", headers } = incoming;
    const one = { method, path, headers };
    asked.push(one);
    const [, role = ""] = /Credential=([^/]+)/.exec(headers.authorization ?? "") ?? [];
    if (!isPermitted(rights.get(role) ?? [], one)) {
      incoming.resume().on("end", () => answer.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>"));
      return;
    }
    const isLost = loses(one);
    const passed = request({ host: "127.0.0.1", port, method, path, headers }, (found) => {
      if (isLost) return void found.resume().on("end", () => answer.destroy());
      answer.writeHead(found.statusCode ?? 500, found.headers);
      found.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  const context = await contextOf("demo", root, (input) => {
    if (input.clusters.core) input.clusters.core.backup = { to: `s3://${bucket}/kept` };
  });
  stack = synthesized([context], join(root, "out"))["demo-core-programs"];
  for (const role of roles) rights.set(role, statementsOf(role));
  reader = s3At(moto.url, "reader");
  await reader.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }),
  );

  await makeStream(world.jsm, { name: "SMALL", subjects: ["small.>"] });
  await fill(world.app, "small", 10, () => randomBytes(100));
  // More than one part.
  await makeStream(world.jsm, { name: "BIG", subjects: ["big.>"] });
  await fill(world.app, "big", 50, () => randomBytes(200_000));
  program = new BackupProgram(world.folder, {
    ...world.program,
    BACKUP_ENVIRONMENT: "demo",
    BACKUP_CLUSTER: "core",
    BACKUP_ACCOUNT: "APP",
    BACKUP_TO: `s3://${bucket}/kept`,
    BACKUP_KEY: randomBytes(32).toString("base64"),
    BACKUP_METRICS_NAMESPACE: "natsform/backup",
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "eu-west-1",
  });
});
afterAll(async () => {
  reader?.destroy();
  await new Promise((resolve) => (proxy ? proxy.close(resolve) : resolve(undefined)));
  await moto?.stop();
  await world?.stop();
});
beforeEach(() => {
  loses = () => false;
  asked.length = 0;
});

const run = (command: string, role: Role, more: Record<string, string> = {}) =>
  program.start(command, { ...more, AWS_ACCESS_KEY_ID: role, AWS_SECRET_ACCESS_KEY: "test" });
const objects = async () =>
  ((await reader.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key = "" }) => Key);
const refused = { name: expect.stringMatching(/AccessDenied/) };

test("a backup is made with the rights of its role, a drill proves it with those of its own", async () => {
  expect(await run("backup", "backup-app")).toMatchObject({ code: 0 });
  const made = asked.filter(makesObject);
  expect(made.length).toBeGreaterThanOrEqual(3);
  expect(made.map(({ headers }) => headers["if-none-match"])).toEqual(made.map(() => "*"));
  expect(asked.filter(({ method }) => method === "DELETE")).toEqual([]);
  expect(await unproven()).toBeGreaterThan(0);
  const before = Date.now();
  expect(await run("drill", "drill-app")).toMatchObject({ code: 0 });
  expect(await unproven()).toBeLessThanOrEqual((Date.now() - before) / 1000);
});

/** Seconds for which no drill has proven a backup, as a backup tells CloudWatch. */
async function unproven(): Promise<number> {
  const { code, output } = await run("backup", "backup-app");
  expect(code).toBe(0);
  return Number(/"natsform_backup_unproven_seconds":([\d.]+)/.exec(output)?.[1]);
}

test("what is there stays as it is, for whoever has the rights of the backup", async () => {
  const before = await objects();
  const [Key = ""] = before;
  const s3 = s3At(url, "backup-app");
  const forged = new PutObjectCommand({ Bucket: bucket, Key, Body: "forged", IfNoneMatch: "*" });
  await expect(s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }))).rejects.toMatchObject(refused);
  await expect(s3.send(forged)).rejects.toMatchObject({ name: "PreconditionFailed" });
  const replaced = new PutObjectCommand({ Bucket: bucket, Key, Body: "forged" });
  await expect(s3.send(replaced)).rejects.toMatchObject(refused);
  const elsewhere = new PutObjectCommand({
    Bucket: bucket,
    Key: "kept/demo/core/OTHER/x",
    Body: "x",
    IfNoneMatch: "*",
  });
  await expect(s3.send(elsewhere)).rejects.toMatchObject(refused);
  const pruned = await run("prune", "backup-app", { BACKUP_RETENTION_SECONDS: "1" });
  expect(pruned).toMatchObject({ code: 1 });
  expect(await objects()).toEqual(before);
  s3.destroy();
});

test.each<[string, (one: S3Request) => boolean]>([
  ["a manifest", ({ method, path }) => method === "PUT" && path.includes("manifest.json")],
  ["an upload in parts", ({ method, path }) => method === "POST" && path.includes("uploadId")],
])("the answer to %s is lost: asked again, S3 says that it is there, and that is success", async (_, matches) => {
  let lost = 0;
  loses = (one) => matches(one) && lost++ === 0;
  expect(await run("backup", "backup-app")).toMatchObject({ code: 0 });
  expect(lost).toBeGreaterThanOrEqual(2);
  expect(await run("drill", "drill-app")).toMatchObject({ code: 0 });
});

test("pruning removes old backups with the rights of its own role, which neither writes nor reads data", async () => {
  const before = await objects();
  const s3 = s3At(url, "prune-app");
  const Key = before.find((key) => key.endsWith("/data")) ?? "";
  await expect(s3.send(new GetObjectCommand({ Bucket: bucket, Key }))).rejects.toMatchObject(refused);
  await expect(s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }))).rejects.toMatchObject(refused);
  s3.destroy();
  await eventually("the retention of a second is over", async () => {
    expect(await run("prune", "prune-app", { BACKUP_RETENTION_SECONDS: "1" })).toMatchObject({ code: 0 });
    return (await objects()).filter((key) => key.endsWith("manifest.json")).length === 1;
  });
  const [id] = (await objects()).map((key) => key.split("/")[4]);
  expect((await objects()).filter((key) => key.split("/")[4] !== id)).toEqual([]);
  expect(await run("drill", "drill-app")).toMatchObject({ code: 0 });
});

test("its keys come as files that its user alone reads, and stand in the environment of no program", async () => {
  const definitions = Object.values(all(stack, "aws_ecs_task_definition"));
  const definition = definitions.find(({ family }) => family === "demo-core-backup-app");
  const containers: Container[] = JSON.parse(String(definition?.container_definitions));
  const container = (name: string) => containers.find((one) => one.name === name) as Container;
  const [writer, backup] = [container("secrets"), container("backup")];
  const folder = join(world.folder, "secrets");
  mkdirSync(folder);
  // The volume lies elsewhere, and the user is this one.
  const here = (text: string) => text.replace(writer.mountPoints?.[0]?.containerPath ?? "", folder);
  const values: Record<string, string> = {
    NATS_CA: readFileSync(world.program.NATS_CA_FILE ?? "", "utf8"),
    NATS_NKEY_SEED: readFileSync(world.program.NATS_NKEY_SEED_FILE ?? "", "utf8"),
    BACKUP_KEY: randomBytes(32).toString("base64"),
  };
  const variables = (writer.secrets ?? []).map(({ name }) => name);
  expect(variables.sort()).toEqual(Object.keys(values).sort());
  const [node = "", ...entry] = writer.entryPoint ?? [];
  const command = (writer.command ?? []).map((one) => (one === "1000" ? String(process.getuid?.()) : here(one)));
  execFileSync(node, [...entry, ...command], { env: { PATH: process.env.PATH, ...values } });
  for (const variable of variables) expect(statSync(join(folder, variable)).mode & 0o777).toBe(0o400);

  const told = Object.fromEntries((backup.environment ?? []).map(({ name, value }) => [name, here(value)]));
  const bare = new BackupProgram(world.folder, {
    ...told,
    NATS_SERVERS: world.program.NATS_SERVERS ?? "",
    BACKUP_TO: `file://${join(world.folder, "by-files")}`,
  });
  let environment: string | undefined;
  const ended = await bare.start(backup.command?.[0] ?? "", {}, ({ pid }) => {
    environment ??= readFileSync(`/proc/${pid}/environ`, "utf8");
  });
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.lines).toContainEqual(expect.objectContaining({ msg: "backup begins", encrypted: true }));
  expect(environment).toContain(`NATS_NKEY_SEED_FILE=${folder}`);
  for (const secret of [values.NATS_NKEY_SEED, values.BACKUP_KEY]) expect(environment).not.toContain(secret?.trim());
});
