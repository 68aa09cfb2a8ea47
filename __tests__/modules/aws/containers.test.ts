import { container, withoutCapabilities } from "../../../modules/aws/containers";

const made = container({
  name: "nats",
  image: "nats",
  essential: true,
  memory: 64,
  logGroup: "/natsform/demo/core-0",
  region: "eu-west-1",
});

test("a container writes to its volumes alone, and gains no rights", () => {
  expect(made).toMatchObject({ readonlyRootFilesystem: true, privileged: false, volumesFrom: [] });
  expect(withoutCapabilities).toEqual({ capabilities: { drop: ["ALL"] } });
});

test("a log that hangs loses lines, and does not stop the server", () => {
  expect(made.logConfiguration.options).toMatchObject({ mode: "non-blocking" });
});
