import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runJob } from "../../cli/backup/run-job";
import { Kubectl } from "../../cli/core/kubectl";

/**
 * What kubectl says, one answer for each time that it is asked: the order in which a cluster gets on with a Job is the
 * cluster's, and here it is the worst one. The acceptance tests run Jobs on a real one.
 */
interface Answers {
  create: string;
  get: object[];
  logs: (string | { error: string })[];
  pods?: object;
  events?: object;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "natsform-run-job-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function kubectlThatSays(answers: Answers): Kubectl {
  writeFileSync(
    join(folder, "answers.json"),
    JSON.stringify({ pods: { items: [] }, events: { items: [] }, ...answers }),
  );
  const script = `#!${process.execPath}
    const fs = require("node:fs");
    const args = process.argv.slice(2);
    const file = ${JSON.stringify(join(folder, "answers.json"))};
    const answers = JSON.parse(fs.readFileSync(file, "utf8"));
    const kind = ["create", "logs", "pods", "events"].find((one) => args.includes(one)) ?? "get";
    if (kind === "create") fs.copyFileSync(args[args.indexOf("--filename") + 1], ${JSON.stringify(join(folder, "made.json"))});
    let answer = answers[kind];
    if (Array.isArray(answer)) { answer = answer.length > 1 ? answers[kind].shift() : answer[0]; fs.writeFileSync(file, JSON.stringify(answers)); }
    if (answer && answer.error) { console.error(answer.error); process.exit(1); }
    process.stdout.write(typeof answer === "string" ? answer : JSON.stringify(answer));
  `;
  writeFileSync(join(folder, "kubectl"), script);
  chmodSync(join(folder, "kubectl"), 0o755);
  return new Kubectl({ PATH: `${folder}:${process.env.PATH}` });
}

const running = { status: {} };
const ended = (type: string) => ({
  status: {
    conditions: [
      { type: "Other", status: "True" },
      { type, status: "True" },
    ],
  },
});

async function heard(answers: Answers) {
  const lines: string[] = [];
  const run = await runJob(
    kubectlThatSays(answers),
    "nats",
    { kind: "Job", metadata: {} },
    (line) => lines.push(line),
    10,
  );
  return { ...run, lines };
}

test("every line is handed on once, and the end is the Job's", async () => {
  const run = await heard({
    create: "job.batch/one\n",
    get: [running, running, ended("Complete")],
    logs: [{ error: "container is waiting to start" }, "a\nb\n", "a\nb\nc\n"],
  });
  expect(run).toEqual({ name: "job.batch/one", succeeded: true, lines: ["a", "b", "c"] });
  expect(JSON.parse(readFileSync(join(folder, "made.json"), "utf8"))).toEqual({ kind: "Job", metadata: {} });
});

test("a Job that failed has not succeeded, whatever it logged", async () => {
  const run = await heard({ create: "job.batch/one", get: [ended("Failed")], logs: ["no\n"] });
  expect(run).toMatchObject({ succeeded: false, lines: ["no"] });
});

test("a log that breaks off for a moment repeats nothing and loses nothing", async () => {
  const run = await heard({
    create: "job.batch/one",
    get: [running, running, running, ended("Complete")],
    logs: ["a\n", { error: "connection reset" }, "a\nb\n", "a\nb\n"],
  });
  expect(run.lines).toEqual(["a", "b"]);
});

test("a question without an answer is asked again, and the Job goes on meanwhile", async () => {
  const refused = { error: "connection refused" };
  const run = await heard({
    create: "job.batch/one",
    get: [refused, running, refused, ended("Complete")],
    logs: ["a\n"],
  });
  expect(run).toMatchObject({ succeeded: true, lines: ["a"] });
  const never = heard({ create: "job.batch/one", get: [refused], logs: [""] });
  await expect(never).rejects.toThrow(
    "cannot read the state of job.batch/one, which may still run: connection refused",
  );
});

test("an end whose log nobody can read is an error: it may have restored, or refused to", async () => {
  const answers = { create: "job.batch/one", get: [ended("Complete")], logs: [{ error: "forbidden" }] };
  await expect(heard(answers)).rejects.toThrow(
    "job.batch/one ended as Complete, and its log cannot be read: forbidden",
  );
});

const pod = (waiting: object) => ({
  metadata: { name: "one-x" },
  status: { phase: "Pending", containerStatuses: [{ state: { waiting } }, { state: { running: {} } }] },
});

test.each<[string, object, object[]]>([
  ["its container", { reason: "ImagePullBackOff", message: "no such image" }, []],
  ["its events", { reason: "ContainerCreating" }, [{ reason: "FailedMount", message: "no such key" }]],
])("why a pod does not start is said as %s says it, once", async (_, waiting, items) => {
  const run = await heard({
    create: "job.batch/one",
    get: [running, running, ended("Failed")],
    logs: [""],
    pods: { items: [pod(waiting)] },
    events: { items },
  });
  expect(run.lines).toEqual([expect.stringMatching(/^(ImagePullBackOff: no such image|FailedMount: no such key)$/)]);
});
