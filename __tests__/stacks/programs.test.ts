import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  clusterSecrets,
  deployedSecrets,
  isOnKubernetes,
  type ProgramModel,
  programModel,
  programNames,
  storedName,
} from "../../model/topology";
import type { StackContext } from "../../modules/aws/context";
import { kubernetesVariants } from "../support/kubernetes-variants";
import { missingOf } from "../support/program-demands";
import { all, type Block, projectWithCode, repository, type Stack, synthesized, variants } from "../support/stacks";

const root = projectWithCode();
let contexts: StackContext[];
let stacks: Stack[];

beforeAll(async () => {
  contexts = [...(await kubernetesVariants(root)), ...(await variants(root))];
  stacks = Object.values(synthesized(contexts, join(root, "out")));
});

test.each(programNames)("all that the row of %s promises is there", (name) => {
  expect(missingOf(name, programModel(name), stacks)).toEqual([]);
});

test("every folder of runtime/ with a contract and an entry is a program with a row", () => {
  const folders = readdirSync(join(repository, "runtime")).filter((folder) => {
    const has = (file: string) => existsSync(join(repository, "runtime", folder, file));
    return has("env.ts") && (has("main.ts") || has("index.ts"));
  });
  expect(folders).toEqual([...programNames].sort());
});

test("a row whose program nobody has written is told all that it lacks", () => {
  const row: ProgramModel = {
    ...programModel("auth-callout"),
    runs: { aws: "function", kubernetes: "image" },
    standalone: true,
  };
  expect(missingOf("throw-away", row, stacks)).toEqual([
    "runtime/throw-away/env.ts",
    "runtime/throw-away/main.ts",
    "runtime/throw-away/Dockerfile",
    "runtime/throw-away/index.ts",
    "no stack on aws runs throw-away",
    "no stack on kubernetes runs throw-away",
  ]);
});

interface Container {
  name: string;
  command?: string[];
  secrets?: { valueFrom: string }[];
}

/** Deployed secrets that a container's variables come from. */
function secretsOf(stack: Stack, { secrets = [] }: Partial<Container> = {}): string[] {
  const found = stack.data.aws_secretsmanager_secret ?? {};
  return secrets.flatMap(({ valueFrom }) => {
    const [, block = ""] = /\$\{data\.aws_secretsmanager_secret\.([^.]+)\.arn\}/.exec(valueFrom) ?? [];
    const [, name] = /\/keys\/(.+)$/.exec(String((found[block] as Block | undefined)?.name)) ?? [];
    return name ? [name] : [];
  });
}

/** Account that a task works for, by the end of its family. */
const accountOf = (accounts: readonly string[], family: unknown) =>
  accounts.find((account) => String(family).endsWith(`-${account.toLowerCase()}`)) ?? "";

test("a program's task reads the secrets of its row, for its own account, and no others", () => {
  const seen = new Set<string>();
  for (const { topology, trust } of contexts) {
    const accounts = topology.identity.accounts.map(({ name }) => name);
    for (const cluster of topology.clusters) {
      for (const stack of stacks.filter(({ name }) => name === `${topology.environment}-${cluster.name}-programs`)) {
        for (const { container_definitions: text, family } of Object.values(all(stack, "aws_ecs_task_definition"))) {
          const containers = JSON.parse(String(text)) as Container[];
          const writer = containers.find(({ name }) => name === "secrets");
          for (const container of containers) {
            const program = programNames.find((name) => name === container.name);
            if (!program) continue;
            const [command = ""] = container.command ?? [];
            const isStored = ["drill", "prune"].includes(command);
            seen.add(isStored ? command : program);
            const known = programModel(program).secrets({ topology, cluster }, accountOf(accounts, family));
            // What works on stored backups alone has no login.
            const read = isStored ? known.filter((secret) => secret === "backup-key") : known;
            const expected = read.map((secret) => storedName(trust, cluster.name, secret));
            expect([family, secretsOf(stack, writer).sort()]).toEqual([family, [...expected].sort()]);
          }
        }
      }
    }
  }
  expect([...seen].sort()).toEqual(["auth-callout", "backlog", "backup", "drill", "http-gateway", "prune", "streams"]);
});

/** Entries of a Secret that something mounts, anywhere in a value. Values of the chart are a text of YAML. */
function mounted(value: unknown, secret: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { secret_name, secretName, items } = value as Record<string, unknown>;
  const own = (secret_name ?? secretName) === secret ? ((items ?? []) as { key: string }[]).map(({ key }) => key) : [];
  return [...own, ...Object.values(value).flatMap((inner) => mounted(inner, secret))];
}

test("the Secret of a cluster on Kubernetes holds what is mounted there, and nothing else", () => {
  const seen: string[] = [];
  for (const { topology } of contexts)
    for (const cluster of topology.clusters.filter(isOnKubernetes)) {
      const own = stacks.filter(({ name }) => name.startsWith(`${topology.environment}-${cluster.name}-`));
      const values = own.flatMap((stack) =>
        Object.values(all(stack, "helm_release")).flatMap((release) => release.values as string[]),
      );
      const { servers } = clusterSecrets(cluster.name);
      const read = [...own.map(({ resource }) => resource), ...values.map((text) => parse(text))].flatMap((value) =>
        mounted(value, servers),
      );
      const keys = read.map((key) => key.replace(/^include-/, "user-"));
      const desired = deployedSecrets(topology, {}, [cluster]).map(({ name }) => name);
      expect([topology.environment, cluster.name, [...new Set(keys)].sort()]).toEqual([
        topology.environment,
        cluster.name,
        desired.sort(),
      ]);
      seen.push(...desired);
    }
  for (const kind of ["callout-issuer", "leaf-", "streams-", "backup-", "renewal", "-sys"])
    expect(seen.some((name) => name.includes(kind))).toBe(true);
});
