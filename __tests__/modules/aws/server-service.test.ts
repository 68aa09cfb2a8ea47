import { ServerService, type ServerServiceProps } from "../../../modules/aws/server-service";
import type { ServerTaskProps } from "../../../modules/aws/server-task";
import { made } from "../../support/construct";

const task: ServerTaskProps = {
  family: "demo-core-0",
  region: "eu-west-1",
  logGroup: "/natsform/demo/core-0",
  cpu: 512,
  memoryMiB: 1024,
  taskRoleArn: "arn:task",
  executionRoleArn: "arn:execution",
  serverImage: "nats",
  agentImage: "agent",
  agent: {} as ServerTaskProps["agent"],
  command: ["nats-server"],
  listenerPorts: [4222],
  stopTimeoutSeconds: 120,
};
const service = (changes: Partial<ServerServiceProps> = {}) =>
  made(
    (scope) =>
      new ServerService(scope, "s", {
        name: "demo-core-0",
        host: "core-0.core.demo.internal",
        namespaceId: "ns",
        ecsClusterArn: "arn:cluster",
        subnetId: "subnet",
        securityGroupId: "sg",
        publicAddress: false,
        task,
        after: [],
        ...changes,
      }),
  ).aws_ecs_service?.[0];

test("a server is one task, and never two: they would write to one store", () => {
  expect(service()).toMatchObject({
    desired_count: 1,
    deployment_minimum_healthy_percent: 0,
    deployment_maximum_percent: 100,
  });
});

test("a release that does not start is taken back", () => {
  expect(service()).toMatchObject({ deployment_circuit_breaker: { enable: true, rollback: true } });
});

test("a service that was rolled back is a failure, and nothing after it is touched", () => {
  expect(service()).toMatchObject({
    wait_for_steady_state: true,
    lifecycle: {
      postcondition: [
        {
          condition: expect.stringMatching(/^\$\{\(self\.task_definition == aws_ecs_task_definition\.\w+\.arn\)\}$/),
          error_message: expect.stringMatching(/^ECS has rolled demo-core-0 back: /),
        },
      ],
    },
  });
});

test("a server has a public address where it is asked for", () => {
  const addresses = [false, true].map((publicAddress) => service({ publicAddress })?.network_configuration);
  expect(addresses).toEqual([false, true].map((assign_public_ip) => expect.objectContaining({ assign_public_ip })));
});
