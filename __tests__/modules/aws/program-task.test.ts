import { ProgramTask } from "../../../modules/aws/program-task";
import { lookupsOf, made, statements } from "../../support/construct";

const task = made(
  (scope) =>
    new ProgramTask(scope, "t", {
      name: "demo-core-streams",
      program: "streams",
      image: "streams",
      logName: "core-streams",
      lookups: lookupsOf(scope),
      variables: { LOG_LEVEL: "info" },
      secrets: { SEED: { secret: "demo/keys/user-streams" } },
      cpu: 256,
      memoryMiB: 512,
    }),
);
const [container, writer] = JSON.parse(String(task.aws_ecs_task_definition?.[0]?.container_definitions));

test("a program runs without the rights of root, and writes no files", () => {
  expect(container).toMatchObject({
    user: "1000:1000",
    readonlyRootFilesystem: true,
    privileged: false,
    linuxParameters: { capabilities: { drop: ["ALL"] } },
  });
});

test("a secret is named, and not told", () => {
  expect(container.environment).toEqual([
    { name: "LOG_LEVEL", value: "info" },
    { name: "SEED_FILE", value: "/run/natsform/secrets/SEED" },
  ]);
  expect(container.secrets).toBeUndefined();
  expect(writer.secrets).toEqual([{ name: "SEED", valueFrom: expect.stringContaining("secretsmanager_secret") }]);
});

test("who starts it reads that secret alone", () => {
  const policies = task.aws_iam_role_policy ?? [];
  const reading = policies
    .flatMap(({ policy }) => statements(policy))
    .filter(({ Action }) => [Action].flat().includes("secretsmanager:GetSecretValue"));
  expect(reading.map(({ Resource }) => Resource)).toEqual([[writer.secrets[0].valueFrom]]);
});
