import { ec2Model, ecsModel, serverZone } from "../../../../model/topology/platform-models/aws";

type Ecs = Parameters<typeof ecsModel.exposure>[0];
type Ec2 = Parameters<typeof ec2Model.exposure>[0];

test("servers listen to everybody only where the public is let in", () => {
  for (const [access, exposure] of [
    ["vpc", "internal"],
    ["public", "public"],
  ] as const) {
    expect(ecsModel.exposure({ access } as Ecs)).toBe(exposure);
    expect(ec2Model.exposure({ access } as Ec2)).toBe(exposure);
  }
});

test("servers take turns in the zones", () => {
  const zones = ["a", "b", "c"];
  expect([0, 1, 2, 3].map((ordinal) => serverZone({ zones }, ordinal))).toEqual(["a", "b", "c", "a"]);
});
