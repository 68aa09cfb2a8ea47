import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import type { Environment } from "../../../model/config";
import { addBackend } from "../../../modules/terraform/backend";
import { readSettings } from "../../../modules/terraform/settings";
import { readStacks, temporaryFolder } from "../../support/stacks";

const root = temporaryFolder();
const local: Environment["backend"] = { kind: "local" };

/** The backend of stack `demo-core-nats`, as Terraform reads it. */
function backendOf(backend: Environment["backend"], emulatorEndpoint?: string): unknown {
  const app = new App({ outdir: join(root, "out") });
  const environment = { name: "demo", backend } as Environment;
  const stack = new TerraformStack(app, "demo-core-nats");
  addBackend(stack, environment, { root, environments: [], emulatorEndpoint });
  app.synth();
  return readStacks(join(root, "out"))["demo-core-nats"]?.terraform.backend;
}

test("a local state lies in the project, wherever Terraform is started", () => {
  expect(backendOf(local)).toEqual({ local: { path: join(root, "terraform.demo-core-nats.tfstate") } });
});

test("a state in S3 is encrypted, locked by S3 itself, and has a place for each stack", () => {
  const s3 = { kind: "s3", bucket: "states", region: "eu-west-1", prefix: "natsform" } as const;
  expect(backendOf(s3)).toEqual({
    s3: {
      bucket: "states",
      region: "eu-west-1",
      key: "natsform/demo-core-nats.tfstate",
      encrypt: true,
      use_lockfile: true,
    },
  });
});

test("a state in GCS has a place for each stack", () => {
  expect(backendOf({ kind: "gcs", bucket: "states", prefix: "nats" })).toEqual({
    gcs: { bucket: "states", prefix: "nats/demo-core-nats" },
  });
});

test("what describes an emulated AWS is never where a real state is", () => {
  const s3 = { kind: "s3", bucket: "states", region: "eu-west-1", prefix: "natsform" } as const;
  const path = join(root, ".natsform/demo/emulator/terraform/terraform.demo-core-nats.tfstate");
  expect(backendOf(s3, "http://127.0.0.1:1")).toEqual({ local: { path } });
});

test("settings come from the environment of the process, and nothing set is nothing said", () => {
  expect(readSettings({})).toEqual({
    root: process.cwd(),
    environments: [],
    trustFolder: undefined,
    emulatorEndpoint: undefined,
    destroy: false,
    chartArchives: false,
    streamsMay: { STREAMS_ALLOW_DATA_LOSS: undefined, STREAMS_ALLOW_RECREATE: undefined },
  });
  expect(
    readSettings({
      NATSFORM_PROJECT: "/project",
      NATSFORM_ENV: " demo, aws-production,",
      NATSFORM_TRUST_FOLDER: "trust",
      NATSFORM_EMULATOR_ENDPOINT: "http://127.0.0.1:1",
      NATSFORM_DESTROY: "1",
      NATSFORM_CHART_ARCHIVES: "1",
      STREAMS_ALLOW_DATA_LOSS: "TEST",
    }),
  ).toEqual({
    root: "/project",
    environments: ["demo", "aws-production"],
    trustFolder: "/project/trust",
    emulatorEndpoint: "http://127.0.0.1:1",
    destroy: true,
    chartArchives: true,
    streamsMay: { STREAMS_ALLOW_DATA_LOSS: "TEST", STREAMS_ALLOW_RECREATE: undefined },
  });
});
