import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { terraformRecord } from "../../cli/core/emulator-folder";
import { isRunning, parseRecord } from "../../cli/core/processes";
import { eventually } from "../support/eventually";
import { missingTerraform } from "../support/terraform";

/*
 * A command that is interrupted while Terraform applies, as from a terminal that is in a pipe or by a CI job that is
 * cancelled: the signal reaches the command alone. What is applied is built in, so that no provider is needed.
 */

const checkout = resolve(__dirname, "../..");
const withTerraform = missingTerraform("interrupts of Terraform") ? test.skip : test;
const root = mkdtempSync(join(tmpdir(), "natsform-interrupts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const command = `
import { handleError } from "${checkout}/cli/core/handle-error";
import { handleInterrupts } from "${checkout}/cli/core/interrupts";
import { terraform, terraformEnv } from "${checkout}/cli/deploy/terraform";
handleInterrupts((error) => {
  handleError(error);
  process.exit();
});
const folder = { stack: "slow", path: "stack", env: terraformEnv("/dev/null") };
const apply = async () => {
  await terraform(folder, ["init", "-no-color"]);
  await terraform(folder, ["apply", "-json", "-auto-approve"]);
  console.log("nobody asked it to end");
};
apply().catch((error) => handleError(error));
`;

/** Starts an apply that takes a while, and signals its command so many times once it is at work. */
async function interrupted(name: string, signal: NodeJS.Signals, times: number) {
  const cwd = join(root, name);
  const stack = join(cwd, "stack");
  mkdirSync(stack, { recursive: true });
  const slow = {
    provisioner: [
      { "local-exec": { command: `touch begun; for i in $(seq ${5 * times}); do sleep 1; done; touch finished` } },
    ],
  };
  writeFileSync(join(stack, "main.tf.json"), JSON.stringify({ resource: { terraform_data: { slow } } }));
  writeFileSync(join(cwd, "command.ts"), command);
  // Without the process that tsx has before it, and that has a mind of its own about signals.
  const tsx = pathToFileURL(require.resolve("tsx")).href;
  const child = spawn(process.execPath, ["--import", tsx, "command.ts"], { cwd, stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const ended = new Promise<number | null>((done) => child.once("close", done));
  await eventually("it is at work", () => existsSync(join(stack, "begun")));
  const record = parseRecord(readFileSync(join(stack, terraformRecord), "utf8"));
  for (let time = 1; time <= times; time++) {
    child.kill(signal);
    await eventually("it is heard", () => said.split("\n").length > time);
    // What comes twice within a second is one interrupt that npx hands on.
    if (time < times) await sleep(1200);
  }
  const code = await ended;
  return {
    code,
    said,
    runs: record && isRunning(record),
    finished: existsSync(join(stack, "finished")),
    resources: JSON.parse(readFileSync(join(stack, "terraform.tfstate"), "utf8")).resources.length,
  };
}

withTerraform.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s: what Terraform was told is finished and in its state, and the command says what is left",
  async (signal, code) => {
    const ended = await interrupted(signal, signal, 1);
    expect(ended).toMatchObject({ code, runs: false, finished: true, resources: 1 });
    expect(ended.said).toMatch(
      /^interrupted: Terraform \(slow\) finishes what it was told to do.*interrupt again to stop it/,
    );
    expect(ended.said).toMatch(/interrupted: slow is done, and nothing after it was begun/);
    expect(ended.said).not.toContain("nobody asked");
  },
  180_000,
);

withTerraform(
  "a second one stops Terraform, which is waited for and leaves a state",
  async () => {
    const ended = await interrupted("twice", "SIGINT", 2);
    expect(ended).toMatchObject({ code: 130, runs: false, finished: false, resources: 1 });
    expect(ended.said).toMatch(/Terraform \(slow\) is told to stop, and waited for\n/);
    expect(ended.said).toMatch(/interrupted: /);
  },
  180_000,
);
