import { readFileSync } from "node:fs";
import { join } from "node:path";
import { escapeTemplate } from "../../modules/terraform/json";
import { platformSite, restartDigest, serverConf, toNatsConf } from "../../templates/nats-conf";
import {
  addresses,
  all,
  contextOf,
  projectWithCode,
  type Stack,
  shippedEnvironments,
  synthesized,
} from "../support/stacks";

/** Every environment that is shipped, and demo with what none of them has. */
let stacks: Record<string, Stack>;
const root = projectWithCode();
const contexts = Promise.all(shippedEnvironments().map((name) => contextOf(name, root)));
beforeAll(async () => {
  stacks = synthesized(await contexts, join(root, "out"));
});

test("there is one state for each lifecycle of each cluster on ECS, and none for other platforms", () => {
  expect(
    Object.keys(stacks)
      .filter((name) => !/kubernetes/.test(name))
      .sort(),
  ).toEqual([
    "aws-production-core-certificates",
    "aws-production-core-nats",
    "aws-production-core-programs",
    "aws-production-eu-west-1-foundation",
    "demo-core-certificates",
    "demo-core-nats",
    "demo-core-programs",
    "demo-eu-west-1-foundation",
  ]);
});

const stateful =
  /^aws_(dynamodb_table|efs_file_system|kms_key|route53_zone|s3_bucket|secretsmanager_secret|ecr_repository|service_discovery_private_dns_namespace|vpc|cloudwatch_log_group)\./;

test("addresses of what holds data are a contract: another one is a plan that deletes", () => {
  const kept = Object.values(stacks)
    .filter(({ name }) => name.startsWith("demo-"))
    .flatMap((stack) =>
      addresses(stack)
        .filter((address) => stateful.test(address))
        .map((address) => `${stack.name} ${address}`),
    );
  expect(kept.sort()).toMatchSnapshot();
});

test("what is made in one stack is found by its name in another: nothing refers across", () => {
  for (const stack of Object.values(stacks)) {
    const blocks = new Set([
      ...addresses(stack),
      ...Object.keys(stack.locals ?? {}).map((name) => `local.${name}`),
      ...Object.entries(stack.data).flatMap(([type, found]) =>
        Object.keys(found).map((name) => `data.${type}.${name}`),
      ),
    ]);
    const references = [...stack.text.matchAll(/(?<!\$)\$\{([^}]+)\}/g)].map(([, inside = ""]) => inside);
    // Each refers to something; in functions there may be several.
    const unknown = references.flatMap((inside) => {
      const named = [...inside.matchAll(/(data\.)?\b((?:aws|helm|kubernetes|vault)_\w+|local)\.([\w-]+)/g)].map(
        ([, data = "", type, name]) => `${data}${type}.${name}`,
      );
      return named.length === 0 ? [inside] : named.filter((address) => !blocks.has(address));
    });
    expect({ stack: stack.name, unknown }).toEqual({ stack: stack.name, unknown: [] });
    if (stack.provider.aws) expect(references.length).toBeGreaterThan(5);
    expect(stack.text).not.toContain("terraform_remote_state");
  }
});

test("cdktf deploys the stacks of a cluster one after another", () => {
  const manifest = JSON.parse(readFileSync(join(root, "out", "manifest.json"), "utf8")) as {
    stacks: Record<string, { dependencies: string[] }>;
  };
  const dependencies = (stack: string) => manifest.stacks[stack]?.dependencies;
  expect(dependencies("demo-eu-west-1-foundation")).toEqual([]);
  expect(dependencies("demo-core-certificates")).toEqual(["demo-eu-west-1-foundation"]);
  expect(dependencies("demo-core-nats")).toEqual(["demo-core-certificates"]);
  expect(dependencies("demo-core-programs")).toEqual(["demo-core-nats"]);
});

test("nothing that opens a door stands in what is synthesized", () => {
  for (const { text } of Object.values(stacks)) {
    expect(text).not.toMatch(/(?<![A-Z2-7])S[AUOX][A-Z2-7]{50,}|PRIVATE KEY|secret_string/);
  }
});

test("each stack has one provider, in its cluster's region, with the environment's tags", () => {
  for (const [name, stack] of Object.entries(stacks).filter(([, { provider }]) => provider.aws)) {
    const environment = name.startsWith("demo") ? "demo" : "aws-production";
    expect(stack.provider.aws).toHaveLength(1);
    expect(stack.provider.aws[0]).toMatchObject({
      region: "eu-west-1",
      default_tags: [{ tags: { "natsform:environment": environment } }],
    });
    expect(stack.provider.aws[0]).not.toHaveProperty("endpoints");
  }
  expect(stacks["aws-production-core-nats"]?.provider.aws[0]).toMatchObject({
    default_tags: [{ tags: { service: "nats", environment: "production" } }],
  });
});

test("a server on ECS gets the configuration that render prints, and its digest", async () => {
  for (const { topology, trust } of await contexts) {
    for (const cluster of topology.clusters.filter(({ platform }) => platform.kind === "aws-ecs")) {
      for (const server of cluster.servers) {
        const props = { topology, cluster, server, trust, site: platformSite(topology, cluster) };
        const stack = stacks[`${topology.environment}-${cluster.name}-nats`];
        const object = Object.values(all(stack, "aws_s3_object")).find(
          ({ key }) => key === `${cluster.name}/${server.name}/nats.conf`,
        );
        expect(object?.content).toBe(escapeTemplate(toNatsConf(props)));
        expect(object?.metadata).toEqual({ "restart-digest": restartDigest(serverConf(props)) });
      }
    }
  }
});

test("what is synthesized for an emulated AWS is applied to no other account, and its state lies beside it", async () => {
  const endpoint = "http://127.0.0.1:1";
  const emulated = synthesized([await contextOf("demo", root, undefined, endpoint)], join(root, "emulated"));
  for (const stack of Object.values(emulated)) {
    expect(stack.provider.aws).toEqual([expect.objectContaining({ allowed_account_ids: ["123456789012"] })]);
    // A block of them costs each plan more than all else that Terraform does.
    expect(stack.provider.aws[0]).not.toHaveProperty("endpoints");
    expect(stack.terraform).toMatchObject({
      backend: { local: { path: join(root, ".natsform/demo/emulator/terraform", `terraform.${stack.name}.tfstate`) } },
    });
    expect(stack.text).not.toMatch(/access_key|secret_key/);
  }
});
