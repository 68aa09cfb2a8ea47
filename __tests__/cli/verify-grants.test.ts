import { isGranted, type ReportedUser } from "../../cli/twin/verify/grants";
import type { Grant } from "../../runtime/auth-callout/permissions";

const grant: Grant = {
  ...{ account: "APP", name: "api" },
  publish: { allow: ["a", "b"], deny: ["c"] },
  subscribe: { allow: ["d"], deny: [] },
};
const loose: Grant = { ...grant, responses: { max: 1, expiresMs: 120_000 } };
const reported = (permissions: ReportedUser["permissions"] = {}, account = "APP"): ReportedUser => ({
  ...{ user: "api", account },
  permissions: { publish: { allow: ["b", "a"], deny: ["c"] }, subscribe: { allow: ["d"] }, ...permissions },
});
const responses = { max: 1, ttl: 120e9 };

test.each<[string, ReportedUser, Grant, boolean]>([
  ["the same in another order", reported(), grant, true],
  ["another account", reported({}, "OTHER"), grant, false],
  ["a subject more to publish", reported({ publish: { allow: ["a", "b", "e"], deny: ["c"] } }), grant, false],
  ["a denial less", reported({ publish: { allow: ["a", "b"] } }), grant, false],
  ["a subject more to hear", reported({ subscribe: { allow: ["d", ">"] } }), grant, false],
  ["the right to answer anywhere, as granted", reported({ responses }), loose, true],
  ["the right to answer anywhere, not granted", reported({ responses }), grant, false],
  ["the right to answer anywhere is lacking", reported(), loose, false],
  ["more answers", reported({ responses: { ...responses, max: 2 } }), loose, false],
  ["longer", reported({ responses: { ...responses, ttl: 240e9 } }), loose, false],
])("%s", (_, user, granted, expected) => {
  expect(isGranted(user, granted, "APP")).toBe(expected);
});
