import { bytes } from "../../../model/lint/units";
import { instanceMemory } from "../../../model/topology/platform-models/aws";

test.each([
  ["m7g.medium", 4],
  ["m7g.large", 8],
  ["c7gn.xlarge", 8],
  ["r6i.2xlarge", 64],
  ["m5.24xlarge", 384],
  ["t4g.small", 2],
  ["t3.nano", 0.5],
])("%s has %d GiB", (type, gib) => {
  expect(instanceMemory(type)).toBe(gib * 2 ** 30);
});

test.each(["i4i.large", "x2gd.medium", "m7g.metal", "t4g.24xlarge", "m4.large", "c5n.large", "odd"])(
  "%s is not decided",
  (type) => {
    expect(instanceMemory(type)).toBeUndefined();
  },
);

test("bytes are exact where that is short", () => {
  expect([8 * 2 ** 20, 1025 * 2 ** 20, 90.5 * 2 ** 30, 12345, 0].map(bytes)).toEqual([
    "8MiB",
    "1025MiB",
    "90.5GiB",
    "12.1KiB",
    "0B",
  ]);
});
