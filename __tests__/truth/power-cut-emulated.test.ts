import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type EmulatorFolder, emulatorFolder } from "../../cli/core/emulator-folder";
import { removeEmulator } from "../../cli/emulator/start";
import type { EnvironmentInput } from "../../model/config";
import type { Deployed } from "../support/deploy-run";
import { canCutPower, type Disks, makeDisks } from "../support/disks";
import { noEmulator } from "../support/emulator-run";
import { eventually, Hopeless } from "../support/eventually";
import { filesBelow } from "../support/files";
import { jsonOf, TestProject } from "../support/project";
import { soaking } from "../support/soak";
import { missingTerraform } from "../support/terraform";
import { permissions } from "../support/twin-environment";
import { endProcessesOf, natsformProcess } from "../support/twin-processes";

jest.setTimeout(soaking ? 7_200_000 : 600_000);

/** What `deploy --emulate` has written when the power goes: the emulated AWS is gone with it, and its files are not. */
const missing = missingTerraform("power cuts of an emulated deployment", "aws") || noEmulator;
const possible = !missing && canCutPower();
if (!missing && !possible)
  process.stderr.write("power cuts are skipped: a disk of one's own needs loop devices and root\n");

const name = "cut";
const environment: EnvironmentInput = {
  name,
  identity: {
    mode: "callout",
    oidc: { issuer: "https://tests.eu.auth0.com/", audience: "https://api.tests.example.com" },
    permissions,
    services: {},
  },
  clusters: {
    core: {
      platform: { kind: "aws-ecs", region: "eu-west-1", domain: "tests.example.com" },
      size: 1,
      jetstream: { file: "1GiB", durability: "durable" },
    },
  },
};

let disks: Disks;
let project: TestProject;
let folder: EmulatorFolder;
beforeEach(() => {
  if (!possible) return;
  disks = makeDisks(1, 256);
  project = new TestProject(disks.folders[0]);
  folder = emulatorFolder(project.root, name);
  project.write(environment);
  execFileSync("sync");
});
afterEach(async () => {
  if (!possible) return;
  await removeEmulator(folder);
  await endProcessesOf(project.root);
  disks.remove();
});

/** Deploys until the moment is there, and cuts the power: all that works in the project ends with it. */
async function cutAt(moment: string, isThere: (said: string) => boolean): Promise<void> {
  const deploying = natsformProcess(project, "deploy", name, "--emulate", "--yes");
  let said = "";
  for (const stream of [deploying.stdout, deploying.stderr]) stream?.on("data", (chunk) => (said += chunk));
  await eventually(
    moment,
    () => {
      if (isThere(said)) return true;
      if (deploying.exitCode !== null) throw new Hopeless(`it ended with ${deploying.exitCode} before that:\n${said}`);
      return false;
    },
    900,
  );
  disks.cut();
  await endProcessesOf(project.root);
  disks.restore();
}

const lines = (said: string) => said.split("\n").length - 1;
const withPower = possible ? test : test.skip;
const inSoak = possible && soaking ? test : test.skip;

withPower("a power cut while the first stack is on its way leaves what the next deployment goes on from", async () => {
  await cutAt("the emulated AWS starts", () => existsSync(folder.process));
  await cutAt(
    "the stacks are written",
    () => existsSync(folder.terraform) && filesBelow(folder.terraform).some((file) => basename(file) === "cdk.tf.json"),
  );
  await cutAt("Terraform makes the first resources", (said) => /create aws_/.test(said));
  // What a review says of a first deployment is another matter: here it is planned to its end.
  const { code, stdout, stderr } = await project.natsform("deploy", name, "--emulate", "--plan", "--json");
  expect({ code, stderr }).toEqual({ code: expect.any(Number), stderr: "" });
  const { plans } = JSON.parse(stdout);
  expect(plans[`${name}-eu-west-1-foundation`].changes.length).toBeGreaterThan(20);
  await project.run("down", name);
  expect(existsSync(folder.root)).toBe(false);
});

inSoak(
  "a power cut at any of twenty moments of a deployment: the next one goes further, and the last holds",
  async () => {
    const seed = Number(process.env.SOAK_SEED) || Math.floor(Math.random() * 2 ** 31);
    process.stderr.write(`power-cut-emulated: 20 moments, SOAK_SEED=${seed}\n`);
    const total = lines(await project.run("deploy", name, "--emulate", "--yes"));
    await removeEmulator(folder);
    // Each after the last: the next command has to come past where the power went.
    const moments = Array.from({ length: 20 }, (_, i) => ((i + fraction(seed + i)) / 20) * total);
    for (const moment of moments)
      await cutAt(
        `${Math.ceil(moment)} of ${total} lines`,
        (said) => lines(said) >= moment || /\d+ rows? hold/.test(said),
      );
    const { ok, rows } = jsonOf<Deployed>(await project.natsform("deploy", name, "--emulate", "--json"));
    expect(rows.filter((row) => !row.ok)).toEqual([]);
    expect(ok).toBe(true);
  },
);

/** A number from 0 to 1 that a seed always gives. */
function fraction(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32;
}
