import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import demo from "../../environments/demo";
import type { EnvironmentInput } from "../../model/config";
import { type Deployed, TestDeployment } from "../support/deploy-run";
import { noEmulator } from "../support/emulator-run";
import { missingTerraform } from "../support/terraform";

/** The services of one list, applied to the emulated AWS. Four show what 22 do: each is made by the same lines. */

const region = "eu-west-1";
const names = Array.from({ length: 4 }, (_, i) => `service-${i}`);
const missing = missingTerraform("the emulated fleet", "aws") || noEmulator;
const whenThere = (name: string, work: () => Promise<void>) => (missing ? test.skip : test)(name, work);

const environment: EnvironmentInput = {
  ...demo,
  streams: [],
  clusters: {
    core: {
      platform: { kind: "aws-ecs", region, domain: "demo.example.com", zones: ["a"] },
      size: 1,
    },
  },
  identity: {
    ...demo.identity,
    services: Object.fromEntries(
      names.map((name, i) => [
        name,
        {
          account: "APP",
          serves: [`ask.${name}`],
          runs: {
            code:
              i === 0
                ? { kind: "binary", amd64: "services/answer" }
                : i === 1
                  ? { kind: "image", image: `example.com/answer:1@sha256:${"0".repeat(64)}` }
                  : { kind: "node", entry: "services/answer.ts" },
            arguments: [`ask.${name}`],
            ...(i % 2 === 0 && { scale: { most: 6 } }),
          },
        },
      ]),
    ),
  },
} as EnvironmentInput;

type Service = NonNullable<EnvironmentInput["identity"]["services"]>[string];

let deployment: TestDeployment;
let first: Deployed;

beforeAll(async () => {
  if (missing) return;
  deployment = new TestDeployment(environment);
  const services = join(deployment.project.root, "services");
  mkdirSync(services);
  writeFileSync(join(services, "answer.ts"), "console.log(process.argv[2] as string);\n");
  writeFileSync(join(services, "answer"), "#!/bin/sh\n");
  chmodSync(join(services, "answer"), 0o755);
  first = await deployment.deploy();
}, 900_000);
afterAll(() => deployment?.remove(), 120_000);

whenThere("services of one list run, each with as many tasks as it says", async () => {
  expect(first.rows.filter(({ ok }) => !ok)).toEqual([]);
  const rows = first.rows.filter(({ what }) => /-service-\d+$/.test(what));
  expect(rows.map(({ what, seen }) => [what, seen])).toEqual(
    names.map((name) => [`demo-core-${name}`, `2 of 2 tasks run, demo-core-${name}:1`]),
  );
});

whenThere(
  "another version of a service's key is all that a second deployment changes, by another task definition",
  async () => {
    const SecretId = "demo/keys/user-service-service-2";
    const { SecretString } = await deployment.aws.json<{ SecretString: string }>(
      region,
      "secretsmanager",
      "GetSecretValue",
      {
        SecretId,
      },
    );
    await deployment.aws.json(region, "secretsmanager", "PutSecretValue", { SecretId, SecretString });
    const { stdout } = await deployment.project.natsform("deploy", "demo", "--emulate", "--plan", "--json");
    const { plans } = JSON.parse(stdout) as { plans: Record<string, { changes: { address: string }[] }> };
    const changed = Object.values(plans).flatMap(({ changes }) => changes.map((change) => JSON.stringify(change)));
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.filter((text) => !text.includes("service-2"))).toEqual([]);
    expect(changed.some((text) => text.includes("aws_ecs_task_definition"))).toBe(true);
  },
);

whenThere(
  "several that change are rolled out at once, and one that is run no longer leaves nothing but its key",
  async () => {
    const services = { ...environment.identity.services };
    for (const name of ["service-0", "service-1"]) {
      const { runs, ...service } = services[name] as Service;
      services[name] = { ...service, runs: runs && { ...runs, variables: { GREETING: "hello" } } };
    }
    const { runs: _, ...rest } = services["service-3"] as Service;
    services["service-3"] = rest;
    deployment.project.write({ ...environment, identity: { ...environment.identity, services } });
    // As somebody leaves it who has cleaned up: what Terraform made is all there.
    const lost = { SecretId: "demo-core-certificate-internal", SecretString: "{}" };
    await deployment.aws.json(region, "secretsmanager", "PutSecretValue", lost);
    const { rows, applied } = await deployment.deploy();
    // The certificate-manager has run again, and the row of the certificate holds.
    expect(applied["demo-core-certificates"]).toBe(1);
    expect(rows.map(({ what }) => what)).toContain(lost.SecretId);
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.flatMap(({ what, seen }) => (/-service-\d$/.test(what) ? [seen] : []))).toEqual([
      "2 of 2 tasks run, demo-core-service-0:2",
      "2 of 2 tasks run, demo-core-service-1:2",
      // With the key of before.
      "2 of 2 tasks run, demo-core-service-2:2",
    ]);
    const groups = JSON.stringify(await deployment.aws.json(region, "logs", "DescribeLogGroups", {}));
    expect([groups.includes("service-2"), groups.includes("service-3")]).toEqual([true, false]);
    const { services: found } = await deployment.aws.json<{ services: { serviceName: string; status: string }[] }>(
      region,
      "ecs",
      "DescribeServices",
      { cluster: "demo", services: names.map((name) => `demo-core-${name}`) },
    );
    // ECS remembers a deleted service for a while.
    const active = found.filter(({ status }) => status === "ACTIVE").map(({ serviceName }) => serviceName);
    expect(active.sort()).toEqual(["demo-core-service-0", "demo-core-service-1", "demo-core-service-2"]);
  },
);
