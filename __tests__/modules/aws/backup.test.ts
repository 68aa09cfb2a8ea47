import { join } from "node:path";
import { eventBridgeSchedules, isDaily, longestGapDays } from "../../../modules/aws/backup-schedule";
import type { Container } from "../../../modules/aws/containers";
import { BackupEnv, DrillEnv } from "../../../runtime/backup/env";
import { all, contextOf, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
let stacks: Record<string, Stack>;
beforeAll(async () => {
  const changed = (name: string, backup: object | undefined, more: object = {}) =>
    contextOf("demo", root, (input) => {
      const { core } = input.clusters;
      if (core?.platform.kind !== "aws-ecs") throw new Error("demo has no cluster core on ECS");
      input.name = name;
      core.backup = backup && { to: "s3://bucket/a/prefix", ...backup };
      Object.assign(core.platform, more);
    });
  stacks = synthesized(
    await Promise.all([
      changed("plain", {}),
      changed("clear", { encrypt: false, drill: "0 5 * * 1-5" }, { access: "vpc" }),
      changed("weekly", { schedule: "0 2 * * 0", drill: false }),
      changed("none", undefined),
      changed("sealed", { kmsKey: "arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c", region: "eu-central-1" }),
    ]),
    join(root, "out"),
  );
});

const stack = (name: string) => stacks[`${name}-core-programs`];
const named = <Block>(name: string, type: string, key = "name") => {
  const blocks = Object.values(all(stack(name), type)) as Record<string, unknown>[];
  return new Map(blocks.map((block) => [String(block[key]).replace(`${name}-core-`, ""), block as Block]));
};
interface Task {
  cpu: string;
  memory: string;
  container_definitions: string;
  ephemeral_storage?: { size_in_gib: number };
  volume?: { name: string }[];
}
const task = (name: string, family: string) => {
  const found = named<Task>(name, "aws_ecs_task_definition", "family").get(family);
  if (!found) throw new Error(`no task ${family}`);
  return { ...found, containers: JSON.parse(found.container_definitions) as Container[] };
};
const of = (containers: Container[], name: string) => {
  const found = containers.find((one) => one.name === name);
  if (!found) throw new Error(`no container ${name}`);
  return found;
};
/** What the program finds. */
const told = ({ environment = [] }: Container) =>
  Object.fromEntries(environment.map(({ name, value }) => [name, value]));
interface Statement {
  Action: string[];
  Resource: string[];
  Condition?: object;
}
const statements = (name: string, role: string): Statement[] => {
  const roles = Object.entries(all(stack(name), "aws_iam_role"));
  const [id] = roles.find(([, block]) => block.name === `${name}-core-${role}`) ?? [];
  const policies = Object.values(all(stack(name), "aws_iam_role_policy"));
  const policy = policies.find((block) => String(block.role).includes(`.${id}.`));
  return JSON.parse(String(policy?.policy)).Statement;
};

test("each account's backup runs on the cluster's schedule, in the cluster's network, with a login and a bucket", () => {
  const { containers } = task("plain", "backup-app");
  expect(of(containers, "backup")).toMatchObject({
    command: ["backup"],
    readonlyRootFilesystem: true,
    user: "1000:1000",
  });
  expect(BackupEnv.parse(told(of(containers, "backup")))).toMatchObject({
    BACKUP_ACCOUNT: "APP",
    BACKUP_TO: "s3://bucket/a/prefix",
    NATS_NKEY_SEED_FILE: "/run/natsform/secrets/NATS_NKEY_SEED",
    NATS_CA_FILE: "/run/natsform/secrets/NATS_CA",
    BACKUP_METRICS_NAMESPACE: "natsform/backup",
  });
  expect(named("plain", "aws_cloudwatch_event_rule").get("backup-app")).toMatchObject({
    schedule_expression: "cron(0 2 * * ? *)",
  });
  const targets = Object.values(all(stack("plain"), "aws_cloudwatch_event_target"));
  expect(targets).toContainEqual(
    expect.objectContaining({
      ecs_target: expect.objectContaining({
        launch_type: "FARGATE",
        network_configuration: expect.objectContaining({ assign_public_ip: false }),
      }),
    }),
  );
});

test("a backup adds to its own folder and takes nothing away, a drill reads it, and pruning removes and reads no data", () => {
  const folder = "a/prefix/plain/core/APP";
  const [bucket, objects] = ["arn:aws:s3:::bucket", `arn:aws:s3:::bucket/${folder}/*`];
  const list = {
    Effect: "Allow",
    Action: ["s3:ListBucket"],
    Resource: [bucket],
    Condition: { StringLike: { "s3:prefix": [`${folder}/*`] } },
  };
  const put = { Effect: "Allow", Action: ["s3:PutObject"], Resource: [objects] };
  expect(statements("plain", "backup-app-task")).toEqual([
    list,
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: [objects] },
    // S3 makes an object of such a request only where there is none.
    { ...put, Condition: { Null: { "s3:if-none-match": "false" } } },
    // Parts of an upload make none.
    { ...put, Condition: { Bool: { "s3:ObjectCreationOperation": "false" } } },
    { Effect: "Allow", Action: ["s3:AbortMultipartUpload"], Resource: [objects] },
  ]);
  expect(statements("plain", "drill-app-task")).toEqual([
    list,
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: [objects] },
    // A note that the backup beside it is proven, and nothing in place of anything.
    {
      ...put,
      Resource: [`arn:aws:s3:::bucket/${folder}/*/proven-*`],
      Condition: { Null: { "s3:if-none-match": "false" } },
    },
  ]);
  expect(statements("plain", "prune-app-task")).toEqual([
    list,
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::bucket/${folder}/*/manifest.json`] },
    { Effect: "Allow", Action: ["s3:ListBucketMultipartUploads"], Resource: [bucket] },
    { Effect: "Allow", Action: ["s3:DeleteObject", "s3:AbortMultipartUpload"], Resource: [objects] },
  ]);
});

test("a bucket with a key of its own: each task has the rights to it that it needs, through S3 of its region alone", () => {
  const key = "arn:aws:kms:eu-central-1:123456789012:key/0f0e0d0c";
  const rights = (role: string) => statements("sealed", role).filter(({ Action }) => Action[0]?.startsWith("kms:"));
  const ofKey = (...Action: string[]) => ({
    Effect: "Allow",
    Action,
    Resource: [key],
    Condition: { StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" } },
  });
  expect(rights("backup-app-task")).toEqual([ofKey("kms:GenerateDataKey", "kms:Decrypt")]);
  expect(rights("drill-app-task")).toEqual([ofKey("kms:GenerateDataKey", "kms:Decrypt")]);
  expect(rights("prune-app-task")).toEqual([ofKey("kms:Decrypt")]);
  for (const family of ["backup-app", "drill-app", "prune-app"])
    expect(told(of(task("sealed", family).containers, "backup"))).toMatchObject({
      BACKUP_KMS_KEY: key,
      BACKUP_REGION: "eu-central-1",
    });
});

test("another task removes old backups: it logs in nowhere, and the one that makes them is told of no retention", () => {
  const { containers } = task("plain", "prune-app");
  const pruning = told(of(containers, "backup"));
  expect(of(containers, "backup").command).toEqual(["prune"]);
  expect(DrillEnv.parse(pruning)).toMatchObject({ BACKUP_RETENTION_SECONDS: 30 * 86_400 });
  expect(Object.keys(pruning).filter((name) => name.startsWith("NATS_"))).toEqual([]);
  expect(told(of(task("plain", "backup-app").containers, "backup"))).not.toHaveProperty("BACKUP_RETENTION_SECONDS");
  expect(named("plain", "aws_cloudwatch_event_rule").get("prune-app")).toMatchObject({
    schedule_expression: "cron(0 2 * * ? *)",
  });
});

test("EventBridge starts that task alone, in that cluster alone, with the roles of that task alone", () => {
  const [run, pass] = statements("plain", "backup-app-schedule");
  expect(run).toMatchObject({
    Action: ["ecs:RunTask"],
    Condition: { ArnEquals: { "ecs:cluster": expect.any(String) } },
  });
  expect(run?.Resource).toEqual([
    expect.stringMatching(/aws_ecs_task_definition\.backup-APP_task_definition_\w+\.arn/),
  ]);
  expect(pass).toMatchObject({
    Action: ["iam:PassRole"],
    Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
  });
  expect(pass?.Resource).toHaveLength(2);
});

test("a drill has a server of its own, which nobody else reaches, and a login nowhere", () => {
  const { containers, ephemeral_storage, volume, memory } = task("plain", "drill-app");
  const program = of(containers, "backup");
  expect(program).toMatchObject({ command: ["drill"], essential: true });
  expect(DrillEnv.parse(told(program))).toMatchObject({ DRILL_SERVERS: "nats://127.0.0.1:4222" });
  expect(Object.keys(told(program)).filter((name) => name.startsWith("NATS_"))).toEqual([]);
  // The task ends with the program: a server that was essential would have to end first.
  expect(of(containers, "nats")).toMatchObject({ essential: false, command: expect.arrayContaining(["127.0.0.1"]) });
  expect(containers.reduce((sum, { memory }) => sum + memory, 0)).toBeLessThanOrEqual(Number(memory));
  expect(volume).toEqual([{ name: "secrets" }, { name: "scratch" }]);
  expect(ephemeral_storage?.size_in_gib).toBeGreaterThanOrEqual(21);
});

test("backups are encrypted unless the configuration says otherwise, and each of their tasks gets the key", () => {
  for (const family of ["backup-app", "drill-app", "prune-app"]) {
    const program = (name: string) => told(of(task(name, family).containers, "backup"));
    expect(program("plain")).toHaveProperty("BACKUP_KEY_FILE");
    expect(program("clear")).not.toHaveProperty("BACKUP_KEY_FILE");
  }
});

test("alarms are told of a failure, of a stream that shrank, of a drill, and of days without a backup", () => {
  const alarms = (name: string) => [...named(name, "aws_cloudwatch_metric_alarm", "alarm_name").keys()];
  const own = (name: string) =>
    alarms(name)
      .filter((alarm) => alarm.startsWith("backup-"))
      .sort();
  const whole = [
    "backup-app-drill-failed",
    "backup-app-failed",
    "backup-app-not-drilled",
    "backup-app-old",
    "backup-app-shrunk",
  ];
  expect(own("plain")).toEqual(whole);
  // CloudWatch does not look back far enough to miss a weekly run.
  expect(own("weekly")).toEqual(["backup-app-failed", "backup-app-shrunk"]);
  expect(own("none")).toEqual([]);
});

test.each([
  ["0 2 * * *", ["cron(0 2 * * ? *)"], true],
  ["*/15 */6 * * *", ["cron(*/15 */6 * * ? *)"], true],
  ["0 2 1 * *", ["cron(0 2 1 * ? *)"], false],
  ["0 5 * * 0", ["cron(0 5 ? * SUN *)"], false],
  ["0 5 * * 7", ["cron(0 5 ? * SUN *)"], false],
  ["0 5 * * 1-5", ["cron(0 5 ? * MON,TUE,WED,THU,FRI *)"], false],
  ["0 5 * * 5-7,2", ["cron(0 5 ? * FRI,SAT,SUN,TUE *)"], false],
  ["0 5 * * */2", ["cron(0 5 ? * SUN,TUE,THU,SAT *)"], false],
  ["0 5 * * mon", ["cron(0 5 ? * MON *)"], false],
  // Cron means either of them.
  ["0 5 1 6 1", ["cron(0 5 1 6 ? *)", "cron(0 5 ? 6 MON *)"], false],
])("EventBridge says %s as %j", (cron, schedules, daily) => {
  expect(eventBridgeSchedules(cron)).toEqual(schedules);
  expect(isDaily(cron)).toBe(daily);
});

test.each([
  ["0 5 * * *", 1],
  ["*/15 */6 * * *", 1],
  ["0 5 * * 0", 7],
  ["0 5 * * 7", 7],
  ["0 5 * * 1-5", 3],
  ["0 5 * * mon-fri", 3],
  ["0 5 * * */2", 2],
  ["0 5 1 * *", 31],
  ["0 5 1,15 * *", 17],
  ["0 5 1 */3 *", 92],
  ["0 5 1 * 1", 7],
  ["0 5 1 jan *", 366],
  ["0 5 30 2 *", undefined],
])("two runs of %s are at most %p days apart", (cron, days) => {
  expect(longestGapDays(cron)).toBe(days);
});
