import { acknowledgementRules, rules } from "../../../model/lint";
import { lintChanged } from "../../support/lint-environment";
import { fixtures } from "../../support/lint-fixtures";

const all = [...rules, ...acknowledgementRules];

test("nothing is found in the base environment", () => {
  expect(lintChanged({})).toEqual({ findings: [], acknowledged: [] });
});

test("every rule has a fixture, and every fixture a rule", () => {
  expect(Object.keys(fixtures).sort()).toEqual(all.map(({ id }) => id).sort());
});

test("a rule says what the reference needs, in the reference's form", () => {
  for (const { id, severity, title, reason, fix } of all) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    expect(["error", "warning"]).toContain(severity);
    expect(title).toMatch(/^([A-Z]|nats-server ).*[^.]$/);
    expect(reason).toMatch(/\.$/);
    expect(fix).toMatch(/^[^A-Z].*[^.]$/);
  }
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

describe.each(all)("$id", ({ id, severity }) => {
  const { fails, at, passes } = fixtures[id] ?? { fails: {}, at: "", passes: {} };

  test("finds the place that breaks it, and says so with values", () => {
    const found = lintChanged(fails).findings.filter(({ rule }) => rule === id);
    expect(found.map((finding) => finding.at).sort()).toEqual([at].flat());
    for (const finding of found) {
      expect(finding.severity).toBe(severity);
      expect(finding.message).not.toMatch(/undefined|NaN|\[object/);
      expect(finding.fix).not.toBe("");
    }
  });

  test("finds nothing in the nearest environment that keeps it", () => {
    expect(lintChanged(passes).findings.filter(({ rule }) => rule === id)).toEqual([]);
  });
});
