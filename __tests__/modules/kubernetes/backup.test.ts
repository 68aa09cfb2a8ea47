import { join } from "node:path";
import type { EnvironmentInput } from "../../../model/config";
import { defaultRelease } from "../../../model/config/server-releases";
import { BackupEnv, DrillEnv } from "../../../runtime/backup/env";
import { all, contextOf, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
const layer = (name: string) => `${name}-nats-backup`;

interface Container {
  name: string;
  image: string;
  args: string[];
  env_from?: { secret_ref: { name: string } }[];
  env: { name: string; value: string }[];
  resources: { limits: Record<string, string> };
  volume_mount: { name: string; mount_path: string; read_only?: boolean }[];
}
interface Pod {
  service_account_name: string;
  automount_service_account_token: boolean;
  share_process_namespace?: boolean;
  container: [Container, ...Container[]];
  volume: { name: string; secret?: { items: { key: string }[] }; empty_dir?: { size_limit?: string } }[];
}
interface CronJob {
  metadata: { name: string };
  spec: { schedule: string; job_template: { spec: { backoff_limit: number; template: { spec: Pod } } } };
}

type Access = Extract<EnvironmentInput["clusters"][string]["platform"], { kind: "kubernetes" }>["backupAccess"];
let stacks: Record<string, Stack>;
beforeAll(async () => {
  const changed = (name: string, backup: object, access: Access = { prune: { secret: "pruner" } }) =>
    contextOf("kubernetes-production", root, (input) => {
      const { nats } = input.clusters;
      if (nats?.platform.kind !== "kubernetes") throw new Error("the environment has no cluster nats on Kubernetes");
      input.name = name;
      nats.backup = { to: "gs://bucket/prefix", ...backup };
      nats.platform.backupAccess = access;
    });
  stacks = synthesized(
    await Promise.all([
      changed("plain", {}),
      changed("clear", { encrypt: false, drill: "30 4 * * 1" }),
      changed("undrilled", { drill: false }, {}),
      changed("volume", { to: "file:///backups/nats" }, { claim: "claim" }),
    ]),
    join(root, "out"),
  );
});

const jobs = (name: string) => {
  const stack = stacks[layer(name)];
  if (!stack) throw new Error(`no stack of ${name}`);
  const found = Object.values(all(stack, "kubernetes_cron_job_v1")) as unknown as CronJob[];
  return new Map(found.map((job) => [job.metadata.name, job]));
};
const podOf = (name: string, job: string): Pod => {
  const found = jobs(name).get(job);
  if (!found) throw new Error(`no CronJob ${job} in ${[...jobs(name).keys()].join(", ")}`);
  return found.spec.job_template.spec.template.spec;
};
const variables = ({ env }: Container) => Object.fromEntries(env.map(({ name, value }) => [name, value]));
const keysOf = ({ volume }: Pod) =>
  volume.find(({ name }) => name === "keys")?.secret?.items.map(({ key }) => key) ?? [];

test("each account has a CronJob that backs it up, one that proves the last backup, and one that removes old ones", () => {
  const schedules = [...jobs("plain")].map(([name, { spec }]) => `${name} ${spec.schedule}`);
  expect(schedules.sort()).toEqual([
    "nats-backup-app 0 2 * * *",
    "nats-backup-leaf 0 2 * * *",
    "nats-drill-app 0 5 * * 0",
    "nats-drill-leaf 0 5 * * 0",
    "nats-prune-app 0 2 * * *",
    "nats-prune-leaf 0 2 * * *",
  ]);
  expect([...jobs("undrilled").keys()].sort()).toEqual(["nats-backup-app", "nats-backup-leaf"]);
  expect(jobs("clear").get("nats-drill-app")?.spec.schedule).toBe("30 4 * * 1");
});

test("a backup is told what its program asks for, and sees the keys of one user", () => {
  const pod = podOf("plain", "nats-backup-leaf");
  expect(BackupEnv.parse(variables(pod.container[0]))).toMatchObject({
    NATS_SERVERS: "tls://nats.nats.svc.cluster.local:4222",
    BACKUP_ACCOUNT: "LEAF",
    BACKUP_TO: "gs://bucket/prefix",
  });
  // It removes nothing.
  expect(variables(pod.container[0])).not.toHaveProperty("BACKUP_RETENTION_SECONDS");
  expect(keysOf(pod)).toEqual(["creds-backup-LEAF", "backup-key"]);
});

test("old backups are removed by another identity than the one that makes them, and it logs in nowhere", () => {
  const pod = podOf("plain", "nats-prune-leaf");
  const [program] = pod.container;
  expect(program.args).toEqual(["prune"]);
  expect(DrillEnv.parse(variables(program))).toMatchObject({
    BACKUP_ACCOUNT: "LEAF",
    BACKUP_RETENTION_SECONDS: 30 * 86_400,
  });
  expect(Object.keys(variables(program)).filter((name) => name.startsWith("NATS_"))).toEqual([]);
  expect(keysOf(pod)).toEqual(["backup-key"]);
  const identity = (job: string) => {
    const { service_account_name, container } = podOf("plain", job);
    return [service_account_name, ...(container[0].env_from ?? []).map(({ secret_ref }) => secret_ref.name)];
  };
  expect(identity("nats-prune-leaf")).toEqual(["nats-prune", "pruner"]);
  expect(identity("nats-backup-leaf")).toEqual(["nats-backup"]);
});

test("where the bucket's own rules remove old backups nothing else does, and on a volume a job does", () => {
  expect([...jobs("undrilled").keys()].filter((name) => name.includes("prune"))).toEqual([]);
  expect([...jobs("volume").keys()].filter((name) => name.includes("prune"))).toHaveLength(2);
});

test("a drill has a server of its own, which nobody else reaches, and a login nowhere", () => {
  const pod = podOf("plain", "nats-drill-app");
  const [program, server] = pod.container;
  const env = variables(program);
  const { DRILL_SERVERS = "", DRILL_PID_FILE } = DrillEnv.parse(env);
  expect(Object.keys(env).filter((name) => name.startsWith("NATS_"))).toEqual([]);
  expect(BackupEnv.safeParse(env).success).toBe(false);
  expect(keysOf(pod)).toEqual(["backup-key"]);
  expect(pod.automount_service_account_token).toBe(false);

  const { hostname, port } = new URL(DRILL_SERVERS);
  expect(server).toMatchObject({
    image: `nats:${defaultRelease}-alpine`,
    args: ["-a", hostname, "-p", port, "-js", "-sd", "/scratch", "-P", DRILL_PID_FILE],
  });
  // The program ends the server by the process id that it finds here, which is one only where processes are shared.
  expect(pod.share_process_namespace).toBe(true);
  const mounts = (one?: Container) => one?.volume_mount.find(({ name }) => name === "scratch");
  expect(mounts(server)).toEqual({ name: "scratch", mount_path: "/scratch" });
  expect(mounts(program)).toEqual({ name: "scratch", mount_path: "/scratch", read_only: true });
});

test("the scratch server has room for the largest stream, twice, and no more", () => {
  const pod = podOf("plain", "nats-drill-app");
  // 90GiB of file store in each server.
  expect(pod.volume.find(({ name }) => name === "scratch")?.empty_dir).toEqual({ size_limit: `${2 * 90 * 1024}Mi` });
  expect(pod.container[1]?.resources.limits["ephemeral-storage"]).toBe(`${2 * 90 * 1024 + 1024}Mi`);
});

test("backups are encrypted unless the configuration says otherwise, with one key, which no other pod sees", () => {
  for (const [name, keys] of [
    ["nats-backup-app", ["creds-backup-APP", "backup-key"]],
    ["nats-drill-app", ["backup-key"]],
  ] as const) {
    const pod = podOf("plain", name);
    expect(keysOf(pod)).toEqual(keys);
    expect(variables(pod.container[0])).toMatchObject({ BACKUP_KEY_FILE: "/etc/natsform/keys/backup-key" });
    expect(keysOf(podOf("clear", name))).not.toContain("backup-key");
    expect(variables(podOf("clear", name).container[0])).not.toHaveProperty("BACKUP_KEY_FILE");
  }
});

test("a backup may write to its volume, a drill may read it", () => {
  const target = (job: string) =>
    podOf("volume", job).container[0].volume_mount.find(({ name }) => name === "target") ?? {};
  expect(target("nats-backup-app")).toMatchObject({ mount_path: "/backups", read_only: false });
  expect(target("nats-drill-app")).toMatchObject({ mount_path: "/backups", read_only: true });
});
