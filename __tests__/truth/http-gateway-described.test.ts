import { spawn } from "node:child_process";
import { once } from "node:events";
import { toolPath } from "../../cli/core/toolbox/find";
import { gatewayEnvironment } from "../support/gateway-environment";
import { TestProject } from "../support/project";
import { soaking } from "../support/soak";
import { TestTwin } from "../support/twin-project";

/** schemathesis reads the document of a twin's HTTP gateway, and asks it what the document allows and what it does not. */

const schemathesis = toolPath("schemathesis");
if (!schemathesis)
  console.warn("schemathesis is not installed, so its test is skipped: natsform tools install schemathesis");
const project = new TestProject();
const twin = new TestTwin(project, "described");
const environment = gatewayEnvironment("described", {
  ask: { kind: "request", path: "/ask/{what}", subject: "ask.{what}", timeout: "2s", requestHeaders: ["X-Trace"] },
  order: { kind: "stream", path: "/orders", subject: "orders.{sub}.placed", stream: "ORDERS", maxBody: "1KiB" },
});

beforeAll(async () => {
  if (!schemathesis) return;
  await twin.up(environment);
  const service = await twin.client(twin.service()).connection();
  service.subscribe("ask.>", { callback: (error, message) => void (error ?? message.respond(message.data)) });
  await service.flush();
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** Phases of schemathesis. The first takes what is of another type, written as a header, for valid: there a refusal is no fault. */
const phases: [phase: string, ...more: string[]][] = [
  ["coverage", "--exclude-checks", "positive_data_acceptance"],
  ["fuzzing"],
];

(schemathesis ? test.each(phases) : test.skip.each(phases))(
  "the gateway does what its document says, and nothing that it does not say: %s",
  async (phase, ...more) => {
    const [gateway] = twin.connectFile().httpGateways;
    const seed = soaking ? Number(process.env.SOAK_SEED) || Math.floor(Math.random() * 2 ** 31) : 1;
    const examples = soaking ? 200 : 5;
    console.info(`${phase}: ${examples} examples, SOAK_SEED=${seed}`);
    const args = [
      ...["run", gateway?.openapi ?? "", "-H", `Authorization: Bearer ${await twin.token("alice")}`],
      ...["--phases", phase, "-n", `${examples}`, "--seed", `${seed}`, "--continue-on-failure", ...more],
      ...["--request-timeout", "8", "--suppress-health-check", "all"],
    ];
    const run = spawn(schemathesis ?? "", args, { cwd: project.root, env: { ...process.env, NO_COLOR: "1" } });
    let said = "";
    for (const output of [run.stdout, run.stderr])
      output.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    const [code] = await once(run, "close");
    expect([code, code === 0 ? "" : said]).toEqual([0, ""]);
    // That it asked, and everything.
    expect(said).toMatch(/Operations:\s+6 selected \/ 6 total/);
    expect(Number(/(\d+) generated/.exec(said)?.[1])).toBeGreaterThan(30);
  },
);
