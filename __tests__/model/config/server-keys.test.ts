import fc from "fast-check";
import { versionFloors, versionRefusal } from "../../../model/config/advisories";
import { compareVersions, knowsKey, serverKeys } from "../../../model/config/server-keys";

const version = fc.tuple(fc.nat(3), fc.nat(20), fc.nat(20)).map((parts) => parts.join("."));

test("versions are ordered by their numbers, not by their letters", () => {
  expect(compareVersions("2.9.25", "2.10.0")).toBeLessThan(0);
  expect(compareVersions("2.14.10", "2.14.9")).toBeGreaterThan(0);
  expect(compareVersions("2.14.5", "2.14.5")).toBe(0);
  expect(compareVersions("20.19", "20.19.0")).toBe(0);
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
    }),
  );
});

test.each(Object.entries(serverKeys))("%s is known from %s on and not before", (key, since) => {
  const [major, minor, patch] = since.split(".").map(Number) as [number, number, number];
  const before = patch > 0 ? `${major}.${minor}.${patch - 1}` : `${major}.${minor - 1}.99`;
  expect(knowsKey(since, key)).toBe(true);
  expect(knowsKey(before, key)).toBe(false);
});

test("a key that is not listed is known to every version", () => {
  expect(knowsKey("2.10.0", "max_payload")).toBe(true);
});

test.each(["2.10.29", "2.11.9", "2.12.4", "2.13.0", "2.14.3"])("%s has published vulnerabilities", (old) => {
  expect(versionRefusal(old)).toMatchObject({ floor: "2.14.4", why: expect.stringMatching(/secnotes/) });
});

test.each(["2.14.4", "2.14.5", "2.15.0"])("%s may be deployed", (fine) => {
  expect(versionRefusal(fine)).toBeUndefined();
});

test("no floor is refused itself", () => {
  for (const { floor } of versionFloors) expect(versionRefusal(floor)).toBeUndefined();
});
