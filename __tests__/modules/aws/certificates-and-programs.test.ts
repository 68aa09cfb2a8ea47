import { join } from "node:path";
import { awsNames } from "../../../model/topology";
import type { Container } from "../../../modules/aws/containers";
import { AuthCalloutEnv, AuthRules } from "../../../runtime/auth-callout/env";
import { CertificateManagerEnv } from "../../../runtime/certificate-manager/env";
import { StreamsEnv } from "../../../runtime/streams/env";
import { StreamSpec } from "../../../runtime/streams/spec";
import { toAuthRules } from "../../../templates/callout-rules";
import {
  all,
  type Block,
  contextOf,
  one,
  projectWithCode,
  type Stack,
  synthesized,
  variants,
} from "../../support/stacks";

let stacks: Record<string, Stack>;
const root = projectWithCode();
const demo = contextOf("demo", root);
const others = variants(root);
beforeAll(async () => {
  stacks = synthesized([await demo, ...(await others)], join(root, "out"));
});
const plain = (text: string) => text.replace(/(?<!\$)\$\{[^}]+\}/g, "x").replaceAll("$${", "${");
const variablesOf = (stack: string) => {
  const { environment } = one<{ environment: { variables: Record<string, string> } }>(
    stacks[stack],
    "aws_lambda_function",
  );
  return Object.fromEntries(Object.entries(environment.variables).map(([name, value]) => [name, plain(value)]));
};

describe("certificate-manager", () => {
  test("it gets an environment that it accepts, with every certificate of the cluster", () => {
    const env = CertificateManagerEnv.parse(variablesOf("demo-core-certificates"));
    expect(env.CERTIFICATES.map(({ id, issuer, secret }) => [id, issuer, secret])).toEqual([
      ["public", "acme", "demo-core-nats-demo-example-com"],
      ["internal", "internal", "demo-core-certificate-internal"],
      ["routes", "routes", "demo-core-certificate-routes"],
    ]);
    expect(env.AUTHORITIES).toEqual({ internal: "demo-core-authority-internal", routes: "demo-core-authority-routes" });
    expect(env.ACME_DIRECTORY_URL).toBe("https://acme-v02.api.letsencrypt.org/directory");
  });

  test("with ACM PCA it has no authority's key, and may use the authorities that are named", () => {
    const env = CertificateManagerEnv.parse(variablesOf("found-core-certificates"));
    expect(env.AUTHORITIES).toEqual({});
    expect(Object.keys(env.PRIVATE_CA_ARNS)).toEqual(["internal", "routes", "leafnodes"]);
    const policy = one(stacks["found-core-certificates"], "aws_iam_role_policy");
    const statements = JSON.parse(String(policy.policy)).Statement as { Action: string[]; Resource: string[] }[];
    const issue = statements.find(({ Action }) => Action.includes("acm-pca:IssueCertificate"));
    expect(issue?.Resource).toEqual(Object.values(env.PRIVATE_CA_ARNS));
  });

  test("every secret that it reads or writes is an empty container of this stack, and every one is its own to read", () => {
    const secrets = all(stacks["demo-core-certificates"], "aws_secretsmanager_secret");
    const env = CertificateManagerEnv.parse(variablesOf("demo-core-certificates"));
    const named = [
      ...env.CERTIFICATES.map(({ secret }) => secret),
      ...Object.values(env.AUTHORITIES),
      env.ACME_ACCOUNT_SECRET,
    ];
    expect(
      Object.values(secrets)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(named.sort());
    const policy = String(one(stacks["demo-core-certificates"], "aws_iam_role_policy").policy);
    for (const name of Object.keys(secrets)) expect(policy).toContain(`\${aws_secretsmanager_secret.${name}.arn}`);
    expect(all(stacks["demo-core-certificates"], "aws_secretsmanager_secret_version")).toEqual({});
  });

  test("the apply waits for the first issuance, and for another one when the list of certificates changes", async () => {
    const triggers = (stack: string) => one<{ triggers: Block }>(stacks[stack], "aws_lambda_invocation").triggers;
    const [lambda = ""] = Object.keys(all(stacks["demo-core-certificates"], "aws_lambda_function"));
    expect(one(stacks["demo-core-certificates"], "aws_lambda_invocation")).toMatchObject({
      function_name: `\${aws_lambda_function.${lambda}.function_name}`,
      input: '{"action":"ensure"}',
    });
    const changed = await contextOf("demo", root, (input) => {
      if (input.clusters.core) input.clusters.core.size = 5;
    });
    const other = synthesized([changed], join(root, "five"))["demo-core-certificates"];
    expect(one<{ triggers: Block }>(other, "aws_lambda_invocation").triggers).not.toEqual(
      triggers("demo-core-certificates"),
    );
  });

  test("its table can be restored, and is encrypted with the environment's key", () => {
    expect(one(stacks["demo-core-certificates"], "aws_dynamodb_table")).toMatchObject({
      point_in_time_recovery: { enabled: true },
      server_side_encryption: { enabled: true, kms_key_arn: expect.stringContaining("data.aws_kms_alias") },
    });
  });

  test("its table keeps the lease where it cannot be deleted by accident", () => {
    expect(one(stacks["demo-core-certificates"], "aws_dynamodb_table")).toMatchObject({
      name: "demo-core-certificates",
      hash_key: "id",
      deletion_protection_enabled: true,
    });
    expect(one(stacks["inside-core-certificates"], "aws_dynamodb_table").deletion_protection_enabled).toBe(false);
  });
});

const containers = (stack: string, start: string): Container[] =>
  JSON.parse(String(one(stacks[stack], "aws_ecs_task_definition", start).container_definitions));
/** What the program starts with. */
const started = ([{ environment = [] } = {} as Container]: Container[]) =>
  Object.fromEntries(environment.map(({ name, value }) => [name, plain(value)]));
/** Secrets of the container that writes them down, by the variables that name the files to the program. */
const secretNames = (stack: string, [program, ...others]: Container[]) =>
  Object.fromEntries(
    (others.find(({ name }) => name === "secrets")?.secrets ?? []).map(({ name, valueFrom }) => {
      const [, id = "", key = ""] =
        /\$\{data\.aws_secretsmanager_secret\.([^.]+)\.arn\}:?([a-z]*)/.exec(valueFrom) ?? [];
      expect(program?.environment).toContainEqual({ name: `${name}_FILE`, value: `/run/natsform/secrets/${name}` });
      return [name, [stacks[stack]?.data.aws_secretsmanager_secret?.[id]?.name, key]];
    }),
  );

test("no program has a secret in its environment: a container that ends before it writes them for its user to read", () => {
  const tasks = ["demo", "operator", "found"].flatMap((name) =>
    Object.values(all(stacks[`${name}-core-programs`], "aws_ecs_task_definition")),
  );
  expect(tasks.length).toBeGreaterThan(10);
  for (const { container_definitions, volume, memory } of tasks) {
    const all: Container[] = JSON.parse(String(container_definitions));
    expect(all.filter(({ secrets }) => secrets).map(({ name }) => name)).toEqual(["secrets"]);
    const [program] = all;
    expect(program?.dependsOn).toContainEqual({ containerName: "secrets", condition: "SUCCESS" });
    expect(program?.mountPoints).toContainEqual(expect.objectContaining({ sourceVolume: "secrets", readOnly: true }));
    const writer = all.find(({ name }) => name === "secrets");
    expect(writer).toMatchObject({ essential: false });
    // A service's own image may hold nothing that could write: natsform's does it for all services.
    const ofServices = `\${data.aws_ecr_image.services-secrets-image.image_uri}`;
    expect([program?.image, ofServices]).toContain(writer?.image);
    expect(volume).toContainEqual({ name: "secrets" });
    expect(all.reduce((sum, one) => sum + one.memory, 0)).toBeLessThanOrEqual(Number(memory));
  }
});

describe("auth callout", () => {
  test("it gets an environment that it accepts: the servers by tls, the rules as the twin has them", async () => {
    const { topology, trust } = await demo;
    const env = AuthCalloutEnv.parse(started(containers("demo-core-programs", "auth-callout")));
    expect(env.NATS_SERVERS).toBe(
      [0, 1, 2].map((i) => `tls://core-${i}.cloudmap.demo.example.com.internal:4222`).join(","),
    );
    expect(AuthRules.parse(JSON.parse(env.AUTH_RULES ?? ""))).toEqual(AuthRules.parse(toAuthRules(topology, trust)));
  });

  test("its keys come from the secrets that keys push fills, its authorities from the internal certificate", () => {
    const { keySecret } = awsNames("demo", "eu-west-1");
    expect(secretNames("demo-core-programs", containers("demo-core-programs", "auth-callout"))).toEqual({
      NATS_CA: ["demo-core-certificate-internal", "authorities"],
      NATS_AUTH_NKEY_ISSUER_SEED: [keySecret("callout-issuer"), ""],
      NATS_AUTH_XKEY_ISSUER_SEED: [keySecret("callout-xkey"), ""],
      NATS_AUTH_NKEY_SEED: [keySecret("user-responder"), ""],
    });
    const operator = secretNames("operator-core-programs", containers("operator-core-programs", "auth-callout"));
    expect(operator.NATS_AUTH_CREDS).toEqual([awsNames("operator", "eu-west-1").keySecret("creds-responder"), ""]);
  });

  test("two or more tasks stand in private subnets of every zone, and more come under load", () => {
    const service = one<{ network_configuration: { subnets: string[]; assign_public_ip: boolean } }>(
      stacks["demo-core-programs"],
      "aws_ecs_service",
    );
    expect(service.desired_count).toBeGreaterThanOrEqual(2);
    expect(service.network_configuration.subnets).toHaveLength(3);
    expect(service.network_configuration.assign_public_ip).toBe(false);
    expect(service.lifecycle).toMatchObject({
      ignore_changes: ["desired_count"],
      postcondition: [{ condition: expect.stringContaining("self.task_definition == aws_ecs_task_definition.") }],
    });
    expect(one(stacks["demo-core-programs"], "aws_appautoscaling_target")).toMatchObject({
      min_capacity: service.desired_count,
      resource_id: expect.stringMatching(/^service\/demo\//),
    });
  });
});

test("two responders are the least, and they run until new ones do", () => {
  // The environment asks for one.
  expect(one(stacks["operator-core-programs"], "aws_ecs_service")).toMatchObject({
    desired_count: 2,
    deployment_minimum_healthy_percent: 100,
  });
});

test("who logs in is seen by nobody in the network: metrics stay in the task", () => {
  const env = started(containers("demo-core-programs", "auth-callout"));
  expect(AuthCalloutEnv.parse(env).HTTP_HOST).toBe("127.0.0.1");
});

describe("streams", () => {
  test("the task gets an environment that it accepts, with the streams of its account", () => {
    const task = containers("demo-core-programs", "streams-APP");
    const env = StreamsEnv.parse(started(task));
    expect(
      StreamSpec.array()
        .parse(JSON.parse(env.STREAMS ?? ""))
        .map(({ name }) => name),
    ).toEqual(["ORDERS", "NEWS"]);
    expect(env).toMatchObject({ OWNER: "demo", STREAMS_SYNC_INTERVAL_SECONDS: 1 });
    expect(secretNames("demo-core-programs", task).NATS_NKEY_SEED).toEqual(["demo/keys/user-streams-APP", ""]);
  });

  test("durable streams are reported when they survive a power cut: at once", () => {
    const env = StreamsEnv.parse(started(containers("found-core-programs", "streams-APP")));
    expect(env.STREAMS_SYNC_INTERVAL_SECONDS).toBe(0);
  });

  test("deploy is told which task to run, and where", () => {
    expect(stacks["demo-core-programs"]?.output["streams-tasks"]?.value).toMatchObject({
      ecsCluster: "demo",
      taskDefinitions: { APP: expect.stringContaining("aws_ecs_task_definition.streams-APP") },
    });
  });
});

test("changed code is listened for where the roles that deploy are named, and nowhere else", () => {
  const watched = Object.entries(stacks).filter(([, stack]) =>
    Object.values(all(stack, "aws_cloudwatch_event_rule")).some(({ name }) => String(name).endsWith("-code-changes")),
  );
  expect(watched.map(([name]) => name)).toEqual(["inside-core-programs"]);
});
