import { join } from "node:path";
import { imageFolder, imageTag } from "../../../artifacts/code-image";
import { defaultRelease } from "../../../model/config/server-releases";
import type { Container } from "../../../modules/aws/containers";
import { CertificateAgentEnv } from "../../../runtime/certificate-agent/env";
import { natsCommand } from "../../../templates/nats-entrypoint";
import { statements } from "../../support/construct";
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
beforeAll(async () => {
  stacks = synthesized([await contextOf("demo", root), ...(await variants(root))], join(root, "out"));
});

type Task = Block & { container_definitions: string; volume: Block[] };
const task = (stack: string, server: string) =>
  one<Task>(stacks[stack], "aws_ecs_task_definition", `servers_${server}_task`);
const containers = (stack: string, server: string): Container[] =>
  JSON.parse(task(stack, server).container_definitions);
const containerOf = (stack: string, server: string, name: string) =>
  containers(stack, server).find((found) => found.name === name) as Container;
/** Variables as the container gets them: the synthesized text, with the expressions that only AWS can fill in. */
const variables = (container: Container) =>
  Object.fromEntries(
    (container.environment ?? []).map(({ name, value }) => [name, value.replace(/\$\{[^}]+\}/g, "x")]),
  );

test("the agent gets an environment that it accepts, with every certificate and listener of the server", () => {
  const env = CertificateAgentEnv.parse(variables(containerOf("demo-core-nats", "core-1", "agent")));
  expect(env).toMatchObject({
    SERVER_NAME: "core-1",
    CONFIG_KEY: "core/core-1/nats.conf",
    CONFIG_DIGESTS: "/natsform/demo/core/core-1/config-digests",
    RESTART_DIGEST: expect.stringMatching(/^[0-9a-f]{64}$/),
    CREDENTIALS: [],
  });
  expect(env.CERTIFICATES.map(({ id, issuer, secret }) => [id, issuer, secret])).toEqual([
    ["public", "public", "demo-core-nats-demo-example-com"],
    ["internal", "internal", "demo-core-certificate-internal"],
    ["routes", "routes", "demo-core-certificate-routes"],
  ]);
  expect(env.LISTENERS.map(({ name, port }) => [name, port])).toEqual([
    ["client", 4222],
    ["routes", 6222],
    ["websocket", 443],
  ]);
});

test("a server with a leaf link gets its seed, or in operator mode its creds, by the name of the secret", () => {
  const env = CertificateAgentEnv.parse(variables(containerOf("found-edge-nats", "edge-0", "agent")));
  expect(env.CREDENTIALS).toEqual([{ file: "leaf-edge-APP.conf", secret: "found/keys/user-leaf-edge-APP" }]);
});

test("volumes are handed over first, then the agent brings the files, then the server starts", () => {
  const [prepare, agent, nats] = containers("demo-core-nats", "core-0");
  expect(prepare).toMatchObject({ name: "prepare", essential: false, user: "0:0" });
  expect(prepare?.entryPoint).toEqual(["chown", "1000:1000", "/etc/nats", "/run/nats", "/data"]);
  expect(agent?.dependsOn).toEqual([{ containerName: "prepare", condition: "SUCCESS" }]);
  expect(nats?.dependsOn).toEqual([{ containerName: "agent", condition: "HEALTHY" }]);
  expect(nats?.essential).toBe(true);
  // On EFS the access point is the server's own already.
  expect(containerOf("inside-core-nats", "core-0", "prepare").entryPoint).not.toContain("/data");
});

test("server and agent share processes and user, so that one can ask the other to reload", () => {
  const { pid_mode, requires_compatibilities } = task("demo-core-nats", "core-0");
  expect({ pid_mode, requires_compatibilities }).toEqual({ pid_mode: "task", requires_compatibilities: ["FARGATE"] });
  const [, agent, nats] = containers("demo-core-nats", "core-0");
  expect(agent?.user).toBe(nats?.user);
  expect(nats?.user).toBe("1000:1000");
});

test("no container can write to its file system, gain rights, or is told a secret", () => {
  for (const found of containers("demo-core-nats", "core-0")) {
    expect(found).toMatchObject({ readonlyRootFilesystem: true, privileged: false });
    if (found.name !== "prepare") expect(found.linuxParameters).toEqual({ capabilities: { drop: ["ALL"] } });
    expect(found.secrets).toBeUndefined();
  }
});

test("the server runs the pinned version, leaves in lame duck mode within the stop timeout, and is asked about JetStream", () => {
  const nats = containerOf("demo-core-nats", "core-2", "nats");
  expect(nats.image).toBe(`public.ecr.aws/docker/library/nats:${defaultRelease}-alpine`);
  // The script's shell variables are not Terraform's.
  expect(nats.entryPoint?.map((part) => part.replaceAll("$${", "${"))).toEqual(natsCommand());
  expect(nats.stopTimeout).toBe(120);
  expect(nats.healthCheck?.command.join(" ")).toContain("http://127.0.0.1:8222/healthz?js-enabled-only=true");
});

test("443 is open to a user that is not root exactly where the server listens on it", () => {
  const control = [{ namespace: "net.ipv4.ip_unprivileged_port_start", value: "0" }];
  expect(containerOf("demo-core-nats", "core-0", "nats").systemControls).toEqual(control);
  expect(containerOf("operator-core-nats", "core-0", "nats").systemControls).toBeUndefined();
});

test("memory of the containers fits the task, and Go knows its part", () => {
  const [prepare, agent, nats] = containers("demo-core-nats", "core-0");
  const total = (prepare?.memory ?? 0) + (agent?.memory ?? 0) + (nats?.memory ?? 0);
  expect(total).toBe(Number(task("demo-core-nats", "core-0").memory));
  expect(nats && variables(nats)).toEqual({ GOMEMLIMIT: `${Math.floor((nats?.memory ?? 0) * 0.9)}MiB` });
});

test("the images of our programs are named by digest, found by what they hold", () => {
  const [[name, image] = ["", {}]] = Object.entries(stacks["demo-core-nats"]?.data.aws_ecr_image ?? {});
  expect(image).toMatchObject({
    repository_name: "demo/certificate-agent",
    image_tag: imageTag(imageFolder(root, "certificate-agent")),
  });
  expect(containerOf("demo-core-nats", "core-0", "agent").image).toBe(`\${data.aws_ecr_image.${name}.image_uri}`);
});

test("a large file store gets a disk that holds it, a small one Fargate's own", () => {
  expect(task("found-core-nats", "core-0").ephemeral_storage).toEqual({ size_in_gib: 114 });
  expect(task("demo-core-nats", "core-0").ephemeral_storage).toBeUndefined();
});

test("on EFS each server has a folder of its own, mounted encrypted and by its role", () => {
  const points = Object.values(all(stacks["inside-core-nats"], "aws_efs_access_point"));
  expect(points.map(({ root_directory }) => (root_directory as Block).path)).toEqual(["/core-0", "/core-1", "/core-2"]);
  const { volume } = task("inside-core-nats", "core-1");
  expect(volume.find(({ name }) => name === "data")).toMatchObject({
    efs_volume_configuration: { transit_encryption: "ENABLED", authorization_config: { iam: "ENABLED" } },
  });
});

test("the server reads its configuration and writes its data, and the agent does not meddle with what runs", () => {
  const written = (name: string) =>
    (containerOf("demo-core-nats", "core-0", name).mountPoints ?? [])
      .filter(({ readOnly }) => !readOnly)
      .map(({ containerPath }) => containerPath);
  expect(written("nats")).toEqual(["/run/nats", "/data"]);
  expect(written("agent")).toEqual(["/etc/nats"]);
  // It names the accounts that hold data.
  const seen = (containerOf("demo-core-nats", "core-0", "agent").mountPoints ?? []).map(
    ({ containerPath }) => containerPath,
  );
  expect(seen).toContain(CertificateAgentEnv.shape.STORE_FOLDER.parse(undefined));
});

test("servers find the versions of their own configurations, and list nothing else", () => {
  const role = one(stacks["demo-core-nats"], "aws_iam_role_policy", "servers_task-role");
  const [list, ...others] = statements(role.policy).filter(({ Action }) => [Action].flat().some((a) => /List/.test(a)));
  expect(others).toEqual([]);
  expect(list?.Condition).toEqual({
    StringEquals: { "s3:prefix": [0, 1, 2].map((i) => `core/core-${i}/nats.conf`) },
  });
});
