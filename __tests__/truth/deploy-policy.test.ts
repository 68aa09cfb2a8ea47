import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCliConfig } from "../../cli/core/provider-mirror";
import { deployPolicy, type PolicyDocument } from "../../templates/deploy-policy";
import { type AccessKey, enforcePermissions, trustEverybody, userWith } from "../support/dns-permissions";
import { noEmulator } from "../support/emulator-run";
import { type OpenMoto, startOpenMoto } from "../support/moto";
import { soaking } from "../support/soak";
import { contextOf, projectWithCode, type Stack, synthesized } from "../support/stacks";
import { missingTerraform } from "../support/terraform";

jest.setTimeout(soaking ? 7_200_000 : 600_000);

/**
 * The policies, with real Terraform and a moto that asks who may do what. It knows no resources and no conditions, and names
 * actions of S3, Route 53 and other services with REST paths otherwise than IAM: of those that it enforces as IAM does, the
 * foundation has one of each type here.
 */
const types = [
  ...["aws_kms_key", "aws_kms_alias", "aws_cloudwatch_log_group", "aws_ecr_repository", "aws_ecr_lifecycle_policy"],
  ...["aws_secretsmanager_secret", "aws_vpc", "aws_default_security_group", "aws_ecs_cluster"],
];

const missing = missingTerraform("policies of a deployment", "aws") || noEmulator;
const root = projectWithCode();
const keys = new Map<string, AccessKey>();
let moto: OpenMoto;
let stack: Stack;
let allowed: { plan: string[]; apply: string[] };

const actionsOf = (documents: readonly PolicyDocument[]) =>
  documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));

/** One of each type, as the foundation has it. */
function partOf(foundation: Stack, retention?: number): object {
  const { resource, provider, terraform, data } = JSON.parse(foundation.text) as Record<string, Record<string, object>>;
  const kept = types.map((type) => [type, Object.fromEntries(Object.entries(resource?.[type] ?? {}).slice(0, 1))]);
  const part = JSON.parse(JSON.stringify({ resource: Object.fromEntries(kept), provider, terraform, data }));
  for (const group of Object.values<Record<string, unknown>>(part.resource.aws_cloudwatch_log_group))
    if (retention !== undefined) group.retention_in_days = retention;
  return part;
}

const write = (retention?: number) =>
  writeFileSync(join(stack.folder, "cdk.tf.json"), JSON.stringify(partOf(stack, retention)));

function terraform(user: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const { accessKeyId = "", secretAccessKey = "" } = keys.get(user) ?? {};
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    TF_CLI_CONFIG_FILE: writeCliConfig(root),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: moto.url,
    // It names the operations that the provider calls.
    ...{ TF_LOG_PROVIDER: "DEBUG", TF_LOG_PATH: logOf(user) },
  } as unknown as NodeJS.ProcessEnv;
  // Not `spawnSync`: moto's port is in this process.
  return new Promise((done) => {
    execFile(
      "terraform",
      [`-chdir=${stack.folder}`, ...args],
      { env, encoding: "utf8", maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, said: stdout + stderr }),
    );
  });
}

const logOf = (user: string) => join(root, `${user.replace(/\W/g, "-")}.log`);
const apply = (user: string) => terraform(user, "apply", "-no-color", "-input=false", "-auto-approve");
const destroy = (user: string) => terraform(user, "destroy", "-no-color", "-input=false", "-auto-approve");
const plan = (user: string) => terraform(user, "plan", "-no-color", "-input=false", "-detailed-exitcode");

/** Prefixes of IAM by the names that the provider's log has. */
const services: Readonly<Record<string, string>> = {
  ...{ "CloudWatch Logs": "logs", EC2: "ec2", ECR: "ecr", ECS: "ecs", IAM: "iam", KMS: "kms" },
  ...{ "Secrets Manager": "secretsmanager", STS: "sts" },
};

/** Actions that the provider called. */
function called(user: string): string[] {
  const found = new Set<string>();
  for (const line of readFileSync(logOf(user), "utf8").split("\n")) {
    const [, method] = /rpc\.method=(\w+)/.exec(line) ?? [];
    const [, quoted, plain] = /rpc\.service=(?:"([^"]+)"|(\w+))/.exec(line) ?? [];
    const service = quoted ?? plain;
    if (method && service) found.add(`${services[service] ?? service}:${method}`);
  }
  // Of the caller it asks twice: STS answers everybody.
  for (const own of ["iam:GetUser", "sts:GetCallerIdentity"]) found.delete(own);
  return [...found].sort();
}

beforeAll(async () => {
  if (missing) return;
  moto = await startOpenMoto();
  const context = await contextOf("demo", root, () => undefined, moto.url);
  const stacks = Object.values(synthesized([context], join(root, "out")));
  stack = stacks.find(({ name }) => name.endsWith("-foundation")) as Stack;
  write();
  const policy = deployPolicy([partOf(stack)], { environment: "demo", regions: ["eu-west-1"] }, undefined);
  allowed = { plan: actionsOf(policy.plan), apply: [...actionsOf(policy.plan), ...actionsOf(policy.apply)] };
  for (const [user, actions] of Object.entries(allowed)) keys.set(user, await userWith(moto.url, user, actions));
  await enforcePermissions(moto.url);
  const { said } = await terraform("plan", "init", "-no-color");
  if (!said.includes("successfully initialized")) throw new Error(said);
});
afterAll(() => moto?.stop());

/** Lets a user be who may do everything but one thing. */
async function without(action: string): Promise<string> {
  const user = `without-${action.replace(":", "-")}`;
  if (keys.has(user)) return user;
  await trustEverybody(moto.url);
  keys.set(
    user,
    await userWith(
      moto.url,
      user,
      allowed.apply.filter((one) => one !== action),
    ),
  );
  await enforcePermissions(moto.url);
  return user;
}

(missing ? test.skip : test)("what a policy allows is enough to apply, to look, to change and to destroy", async () => {
  expect((await apply("apply")).said).toContain("Apply complete");
  expect(await plan("plan")).toMatchObject({ code: 0 });
  write(30);
  const looking = "kms:GetKeyPolicy";
  expect(await plan(await without(looking))).toMatchObject({
    code: 1,
    said: expect.stringContaining("KMS: GetKeyPolicy, https response error StatusCode: 403"),
  });
  expect((await apply("apply")).said).toContain("1 changed");
  expect((await destroy("apply")).said).toContain("Destroy complete");

  const asked = called("apply");
  expect(asked.length).toBeGreaterThan(25);
  expect(asked.filter((action) => !allowed.apply.includes(action))).toEqual([]);
  expect(called("plan").filter((action) => !allowed.plan.includes(action))).toEqual([]);
});

(missing || !soaking ? test.skip : test)("without any action that was called, nothing is whole", async () => {
  const unnoticed: string[] = [];
  for (const action of called("apply")) {
    const user = await without(action);
    write();
    const made = await apply(user);
    write(30);
    const whole = made.code === 0 && (await apply(user)).code === 0 && (await destroy(user)).code === 0;
    if (whole) unnoticed.push(action);
    else expect((await destroy("apply")).code).toBe(0);
  }
  expect(unnoticed).toEqual([]);
});
