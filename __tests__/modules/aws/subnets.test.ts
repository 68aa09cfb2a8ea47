import fc from "fast-check";
import { type SubnetKind, subnetRange } from "../../../modules/aws/subnets";

const first = (range: string) => {
  const [address = "", bits = ""] = range.split("/");
  const from = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { from, to: from + 2 ** (32 - Number(bits)) };
};
const ranges = fc
  .record({
    bits: fc.integer({ min: 16, max: 22 }),
    parts: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ bits, parts }) => `${parts.join(".")}/${bits}`);
const letters = "abcdefghijklmnopqrstuvwxyz".split("");
const kinds: SubnetKind[] = ["public", "private"];

test("subnets lie in the VPC, never overlap, and are large enough for AWS", () => {
  fc.assert(
    fc.property(ranges, (range) => {
      const vpc = first(range);
      const size = vpc.to - vpc.from;
      const start = vpc.from - (vpc.from % size);
      const all = kinds.flatMap((kind) => letters.map((zone) => first(subnetRange(range, kind, zone))));
      for (const { from, to } of all) {
        expect(from).toBeGreaterThanOrEqual(start);
        expect(to).toBeLessThanOrEqual(start + size);
        expect(to - from).toBeGreaterThanOrEqual(16);
      }
      const sorted = all.sort((a, b) => a.from - b.from);
      for (const [i, subnet] of sorted.entries())
        if (i > 0) expect(subnet.from).toBeGreaterThanOrEqual(sorted[i - 1]?.to ?? 0);
    }),
  );
});

test("a zone's subnets stay where they are, whatever other zones there are", () => {
  expect(subnetRange("10.0.0.0/16", "public", "a")).toBe("10.0.0.0/22");
  expect(subnetRange("10.0.0.0/16", "public", "c")).toBe("10.0.8.0/22");
  expect(subnetRange("10.0.0.0/16", "private", "a")).toBe("10.0.128.0/22");
});
