import { lintChanged } from "../../support/lint-environment";

const found = (changes: Parameters<typeof lintChanged>[0], id: string) =>
  lintChanged(changes)
    .findings.filter(({ rule }) => rule === id)
    .map(({ at }) => at);

test("a deny of users that allows nothing by itself is an error, as it is of a service", () => {
  const rules = [{ account: "APP", publish: { deny: ["secret.>"] }, subscribe: { allow: ["user.{sub}.>"] } }];
  expect(found({ "identity.permissions": rules }, "deny-without-allow")).toEqual([
    "identity.permissions[0].publish.deny",
  ]);
});
