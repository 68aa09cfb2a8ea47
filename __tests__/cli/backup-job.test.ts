import { CronJob, jobOf } from "../../cli/backup/job";
import { parseLine, toText } from "../../cli/backup/log-lines";
import { defaultRelease } from "../../model/config/server-releases";

/** As the API answers, with what a Job's template has besides. */
const cronJob = CronJob.parse({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "nats-backup-app", namespace: "nats", uid: "1" },
  spec: {
    schedule: "0 2 * * *",
    jobTemplate: {
      metadata: { labels: { "app.kubernetes.io/name": "backup" } },
      spec: {
        backoffLimit: 1,
        activeDeadlineSeconds: 43200,
        template: {
          metadata: { labels: { "app.kubernetes.io/name": "backup" } },
          spec: {
            restartPolicy: "Never",
            containers: [
              {
                name: "backup",
                image: "natsform/backup:1",
                args: ["backup"],
                env: [
                  { name: "BACKUP_TO", value: "s3://bucket" },
                  { name: "RESTORE_ID", value: "old" },
                ],
                volumeMounts: [{ name: "keys", mountPath: "/keys" }],
              },
              { name: "nats", image: `nats:${defaultRelease}-alpine`, args: ["-js"] },
            ],
          },
        },
      },
    },
  },
});

test("a Job has all that its CronJob gives, does another command, and is tried once", () => {
  const job = jobOf(cronJob, "restore", { RESTORE_ID: "new", RESTORE_APPLY: "yes" });
  expect(job).toMatchObject({
    kind: "Job",
    metadata: { generateName: "nats-backup-app-restore-", labels: { "app.kubernetes.io/name": "backup" } },
    spec: { backoffLimit: 0, activeDeadlineSeconds: 43200, ttlSecondsAfterFinished: 86400 },
  });
  const [program, server] = job.spec.template.spec.containers;
  expect(program).toEqual({
    name: "backup",
    image: "natsform/backup:1",
    args: ["restore"],
    env: [
      { name: "BACKUP_TO", value: "s3://bucket" },
      { name: "RESTORE_ID", value: "new" },
      { name: "RESTORE_APPLY", value: "yes" },
    ],
    volumeMounts: [{ name: "keys", mountPath: "/keys" }],
  });
  expect(server).toMatchObject({ args: ["-js"], env: [] });
});

test.each<[object, string | undefined]>([
  [{ msg: "backup begins" }, undefined],
  [{ msg: "backed up", stream: "A", messages: 3, bytes: 9 }, "  ✔ A: 3 messages, 9 bytes stored"],
  [{ msg: "backup ends", id: "1", complete: false }, "  1, incomplete"],
  [{ msg: "backup", id: "1", state: "unreadable", problem: "forged" }, "  1  unreadable  forged"],
  [{ msg: "planned", stream: "A", kind: "refused", reason: "it exists", level: 50 }, "  ! A: it exists"],
  [{ msg: "drilled", stream: "A", result: "different", what: "gone", level: 50 }, "  ✖ A: gone"],
  [{ msg: "drilled", stream: "A", result: "aged", what: "2 of 3", level: 50 }, "  ✖ A: 2 of 3"],
  [
    { msg: "backup", id: "1", state: "complete", streams: 1, messages: 3, bytes: 9, holes: 0 },
    "  1  complete  1 streams  3 messages  9 bytes  0 holes",
  ],
  [
    { msg: "restored", stream: "A", result: "same", what: "3", consumers: [{ name: "c", remark: "anew" }] },
    "  ✔ A: restored, 3\n  ! A/c: anew",
  ],
  [{ msg: "dry run: nothing was restored" }, "  dry run: --apply restores the streams"],
  [{ msg: "failed", error: "Error: no", level: 50 }, "  ✖ failed: Error: no"],
])("people see %j as they should", (line, text) => {
  expect(toText(parseLine(JSON.stringify({ level: 30, ...line })))).toBe(text);
});

test("what is no line of the log is shown as it is", () => {
  expect(toText(parseLine("the environment:"))).toBe("  the environment:");
});
