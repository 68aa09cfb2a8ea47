import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { backendConfig } from "../../artifacts/backend-config";
import { silentHost } from "../../cli/core/host";
import { writeCliConfig } from "../../cli/core/provider-mirror";
import { initStack, planStack } from "../../cli/deploy/plan";
import { movedStates, moveState } from "../../cli/deploy/states/backend";
import { listStates } from "../../cli/deploy/states/list";
import { unlocking } from "../../cli/deploy/states/locks";
import { readState } from "../../cli/deploy/states/state";
import { type DeployTarget, stackFolder } from "../../cli/deploy/target";
import { findTerraform, terraform, terraformEnv } from "../../cli/deploy/terraform";
import { StateLocked } from "../../cli/deploy/terraform-messages";
import { noEmulator, region, TestEmulator } from "../support/emulator-run";
import { eventually } from "../support/eventually";
import { missingTerraform } from "../support/terraform";

const missing = missingTerraform("states in backends") || noEmulator;
const emulator = new TestEmulator();
const root = mkdtempSync(join(tmpdir(), "natsform-states-"));
const bucket = "states";
/** As somebody works with a store of S3's API that is not AWS's. */
const variables = () => ({
  AWS_ENDPOINT_URL: emulator.address.url,
  AWS_ACCESS_KEY_ID: emulator.address.key,
  AWS_SECRET_ACCESS_KEY: "any",
  TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
});
const before = { ...process.env };

(missing ? describe.skip : describe)("states in S3", () => {
  beforeAll(async () => {
    await emulator.start();
    Object.assign(process.env, variables());
    await s3().send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
  }, 120_000);
  afterAll(async () => {
    for (const name of Object.keys(variables())) delete process.env[name];
    Object.assign(process.env, before);
    await emulator.remove();
    rmSync(root, { recursive: true, force: true });
  });

  const s3 = () => new S3Client({ region, forcePathStyle: true });
  const targetAt = (prefix: string): DeployTarget =>
    ({
      root,
      out: join(root, "cdktf.out"),
      environment: { name: "shop", backend: { kind: "s3", bucket, region, prefix } },
      topology: { environment: "shop", clusters: [] },
      env: { ...terraformEnv(writeCliConfig(join(root, "cli"))), ...variables() },
      kubernetes: new Map(),
    }) as unknown as DeployTarget;

  /** A stack that makes nothing anywhere, as it is synthesized for a target. */
  function write(target: DeployTarget, id: string, value: string, provisioner?: object): void {
    const { kind, config } = backendConfig(target.environment, id, { root });
    const { path } = stackFolder(target, id);
    mkdirSync(path, { recursive: true });
    const resource = { terraform_data: { x: { input: value, ...(provisioner && { provisioner }) } } };
    writeFileSync(join(path, "cdk.tf.json"), JSON.stringify({ terraform: { backend: { [kind]: config } }, resource }));
  }
  const apply = async (target: DeployTarget, id: string) => {
    await initStack(target, id);
    expect(await terraform(stackFolder(target, id), ["apply", "-json", "-auto-approve"])).toMatchObject({ code: 0 });
  };

  test("all of them are found, with those of other environments, and nothing else", async () => {
    const target = targetAt("first");
    for (const id of ["shop-core-nats", "shop-core-programs"]) {
      write(target, id, "one");
      await apply(target, id);
    }
    expect(await listStates(target)).toEqual(["shop-core-nats", "shop-core-programs"]);
    expect(await listStates(targetAt("firs"))).toEqual([]);
    expect((await readState(target, "shop-core-nats")).resources).toMatchObject([
      { type: "terraform_data", name: "x" },
    ]);
  });

  test("a changed prefix is noticed before anything is prepared, and states are copied as they are", async () => {
    const [from, to] = [targetAt("first"), targetAt("second")];
    const id = "shop-core-nats";
    const own = await readState(from, id);
    expect(await movedStates(from, [id])).toEqual([]);
    write(to, id, "one");
    const moved = await movedStates(to, [id]);
    expect(moved).toEqual([
      { id, from: { kind: "s3", config: expect.objectContaining({ key: "first/shop-core-nats.tfstate" }) } },
    ]);
    // Looking changes nothing: the next run sees the same.
    expect(await movedStates(to, [id])).toEqual(moved);
    for (const state of moved) await moveState(to, state);
    expect(await movedStates(to, [id])).toEqual([]);
    await initStack(to, id);
    expect((await readState(to, id)).resources).toEqual(own.resources);
    expect((await planStack(to, id)).changes).toEqual([]);
    expect(await listStates(from)).toContain(id);
  });

  test("where both places hold a state, nobody knows which is right", async () => {
    const [from, to] = [targetAt("first"), targetAt("third")];
    const id = "shop-core-programs";
    const away = { ...to, out: join(root, "elsewhere") };
    write(away, id, "another");
    await apply(away, id);
    write(to, id, "one");
    await expect(movedStates(to, [id])).rejects.toThrow(
      /its state was at s3:\/\/states\/first\/shop-core-programs\.tfstate; the backend names s3:\/\/states\/third\//,
    );
    // One that was copied there from elsewhere is the same.
    const copied = targetAt("second");
    write(copied, "shop-core-nats", "one");
    await initStack({ ...copied, out: from.out }, "shop-core-nats");
    expect(await movedStates({ ...from, out: from.out }, ["shop-core-nats"])).toEqual([]);
  });

  test("the lock of a run that was killed says whose it is, and is released by its id alone", async () => {
    const target = targetAt("locks");
    const id = "shop-core-nats";
    write(target, id, "two", { "local-exec": { command: "exec sleep 600" } });
    await initStack(target, id);
    const { path, env } = stackFolder(target, id);
    const killed = spawn(findTerraform(), ["apply", "-auto-approve"], {
      cwd: path,
      env,
      detached: true,
      stdio: "ignore",
    });
    const objects = async () =>
      ((await s3().send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "locks/" }))).Contents ?? []).map(
        ({ Key }) => Key,
      );
    await eventually("the state is locked", async () => (await objects()).includes(`locks/${id}.tfstate.tflock`), 60);
    process.kill(-(killed.pid ?? 0), "SIGKILL");
    write(target, id, "two");
    const folder = stackFolder(target, id);
    const plan = (release?: string, host = silentHost(false)) =>
      unlocking(folder, host, release, () => planStack(target, id));
    const error = await plan().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StateLocked);
    const { lock, message, fix } = error as StateLocked;
    expect(lock).toMatchObject({
      operation: "apply",
      who: expect.stringContaining("@"),
      created: expect.stringMatching(/^2\d{3}-/),
    });
    expect(message).toContain(`${id} is locked by ${lock.who}: apply, since ${lock.created}, lock ${lock.id}`);
    expect(fix).toContain(`--unlock ${lock.id}`);
    await expect(plan("another")).rejects.toBeInstanceOf(StateLocked);
    const said: string[] = [];
    const { changes } = await plan(lock.id, {
      report: (event) => void (event.code === "notice" && said.push(event.text)),
      confirm: async () => false,
    });
    expect(changes.length).toBe(1);
    expect(said).toEqual([`${id}: lock ${lock.id} of ${lock.who} released`]);
  });
});

describe("states in Google's storage", () => {
  let server: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    const pages = [
      {
        items: [
          { name: "natsform/shop-core-core/default.tfstate" },
          { name: "natsform/shop-core-core/default.tflock" },
        ],
        nextPageToken: "2",
      },
      { items: [{ name: "natsform/shop-core-backup/default.tfstate" }, { name: "natsform/a/b/default.tfstate" }] },
    ];
    server = createServer((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`);
      response.end(JSON.stringify(pages[/pageToken=2/.test(request.url ?? "") ? 1 : 0]));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());

  test("are listed page by page, as the identity that Terraform's backend uses", async () => {
    const { port } = server.address() as AddressInfo;
    const env = {
      GOOGLE_OAUTH_ACCESS_TOKEN: "token",
      GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/storage/v1/`,
    };
    const environment = { name: "shop", backend: { kind: "gcs", bucket: "states", prefix: "natsform" } };
    const target = { root, environment, env } as unknown as DeployTarget;
    expect(await listStates(target)).toEqual(["shop-core-backup", "shop-core-core"]);
    expect(asked).toEqual([
      "Bearer token /storage/v1/b/states/o?prefix=natsform%2F",
      "Bearer token /storage/v1/b/states/o?prefix=natsform%2F&pageToken=2",
    ]);
  });
});
