import { lint } from "../../../model/lint";
import { buildTopology } from "../../../model/topology";
import { parsed, today } from "../../support/lint-environment";

/** Settings are read when the module is loaded. */
function acceptanceEnvironment(settings: NodeJS.ProcessEnv) {
  const before = { ...process.env };
  Object.assign(process.env, settings);
  try {
    let made: unknown;
    jest.isolateModules(() => {
      const { forThisCluster } =
        require("../../support/acceptance-environment") as typeof import("../../support/acceptance-environment");
      made = forThisCluster("https://10.0.0.1:1/jwks", "-----BEGIN CERTIFICATE-----", "10.0.0.1:5000/natsform");
    });
    return made;
  } finally {
    process.env = before;
  }
}

test.each([
  ["a Vault in clear", { VAULT_ADDR: "http://10.0.0.1:8200" }],
  ["a Vault over TLS", { VAULT_ADDR: "https://vault.example.com" }],
])("the environment that is proven on a cluster has no lint error, with %s", (_, vault) => {
  const environment = parsed(
    acceptanceEnvironment({
      ...vault,
      NATSFORM_ACCEPTANCE_KUBERNETES_HOST: "https://10.0.0.1:6443",
      NATSFORM_ACCEPTANCE_STORAGE_CLASS: "local",
    }),
  );
  const { findings } = lint(environment, buildTopology(environment), today);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
});
