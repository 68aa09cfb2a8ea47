import { z } from "zod";
import { Environment } from "../../../model/config";
import { knownKeys, knownKinds, nearest, valueAt } from "../../../model/config/known-keys";
import { baseEnvironment } from "../../support/lint-environment";

test.each([
  ["maxPaylod", "maxPayload"],
  ["MAXPAYLOAD", "maxPayload"],
  ["verison", "version"],
  ["aws_ecs", "aws-ecs"],
])("%s is meant as %s", (written, meant) => {
  expect(nearest(written, ["maxPayload", "version", "metadata", "aws-ecs", "aws-ec2"])).toBe(meant);
});

test("what resembles nothing is near to nothing", () => {
  expect(nearest("replicas", ["kind", "region", "domain"])).toBeUndefined();
  expect(nearest("x", [])).toBeUndefined();
});

test("known keys are those of the place, behind defaults, lists, records and the kind of a union", () => {
  expect(knownKeys(Environment, [], baseEnvironment)).toContain("clusters");
  expect(knownKeys(Environment, ["nats"], {})).toContain("maxPayload");
  expect(knownKeys(Environment, ["streams", 0, "consumers", 0], baseEnvironment)).toContain("ackPolicy");
  const [ec2, gke] = ["core", "edge"].map((name) =>
    knownKeys(Environment, ["clusters", name, "platform"], baseEnvironment),
  );
  expect(ec2).toEqual(expect.arrayContaining(["instanceType", "region"]));
  expect(gke).toEqual(expect.arrayContaining(["flavor", "namespace"]));
  expect(ec2).not.toContain("flavor");
});

test("there are none where any key may stand, and none behind a kind that is not known", () => {
  expect(knownKeys(Environment, ["clusters"], baseEnvironment)).toEqual([]);
  expect(
    knownKeys(Environment, ["clusters", "x", "platform"], { clusters: { x: { platform: { kind: "y" } } } }),
  ).toEqual([]);
  expect(knownKeys(Environment, ["nowhere", 3], {})).toEqual([]);
  expect(knownKeys(Environment, ["constructor", "prototype"], {})).toEqual([]);
});

test("kinds are the words by which a union tells its members apart", () => {
  const kinds = knownKinds(Environment, ["clusters", "core", "platform"], baseEnvironment);
  expect(kinds).toEqual(["aws-ecs", "aws-ec2", "kubernetes", "hosts"]);
  expect(knownKinds(Environment, ["nats"], baseEnvironment)).toEqual([]);
  expect(knownKinds(z.string(), [], "x")).toEqual([]);
});

test("a place of a value that is not what it should be is nothing", () => {
  expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1);
  for (const value of [undefined, null, 5, "text", [], {}]) expect(valueAt(value, ["a", 0, "b"])).toBeUndefined();
});
