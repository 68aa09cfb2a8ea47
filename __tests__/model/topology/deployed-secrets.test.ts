import { buildTopology, deployedSecrets, encryptsBackups } from "../../../model/topology";
import { changed, parsed } from "../../support/lint-environment";

const secrets = (changes: Record<string, unknown> = {}) =>
  Object.fromEntries(deployedSecrets(buildTopology(parsed(changed(changes)))).map(({ name, keys }) => [name, keys]));

test("keys of a rotation that is not finished are deployed behind the current ones", () => {
  expect(secrets()).toMatchObject({
    "callout-issuer": ["issuer", "issuer-previous"],
    "callout-xkey": ["xkey", "xkey-previous"],
    "user-responder": ["user-responder", "user-responder-previous"],
  });
  expect(secrets({ "identity.mode": "operator" })["callout-issuer"]).toEqual([
    "account-AUTH",
    ...["AUTH", "APP", "OTHER"].flatMap((name) => [`signing-${name}`, `signing-${name}-previous`]),
  ]);
});

test("credentials of leaf nodes that natsform does not deploy are deployed nowhere", () => {
  const foreign = { "clusters.core.foreignLeafs.partner": { accounts: ["APP"] } };
  expect(Object.keys(secrets(foreign))).not.toContain("user-leaf-partner-APP");
  expect(Object.keys(secrets(foreign))).toContain("user-leaf-edge-APP");
});

test("the key of backups is deployed where they are encrypted, and only there", () => {
  const plain = { "clusters.core.backup.encrypt": false, "clusters.mesh.backup.encrypt": false };
  expect(encryptsBackups(buildTopology(parsed(changed(plain))))).toBe(false);
  expect(Object.keys(secrets(plain))).not.toContain("backup-key");
  expect(Object.keys(secrets())).toContain("backup-key");
});

test("keys that sign for an operator stay where they were made", () => {
  expect(Object.values(secrets({ "identity.mode": "operator" })).flat()).not.toContain("operator");
});
